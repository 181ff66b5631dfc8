//! The numbers of the extension types. They are part of the format: a number is never given away again.

pub(super) const TUPLE: i8 = 1;
pub(super) const SET: i8 = 2;
pub(super) const FROZENSET: i8 = 3;
pub(super) const DATETIME: i8 = 4;
pub(super) const DATE: i8 = 5;
pub(super) const TIME: i8 = 6;
pub(super) const TIMEDELTA: i8 = 7;
pub(super) const DECIMAL: i8 = 8;
pub(super) const UUID: i8 = 9;
pub(super) const LARGE_INT: i8 = 10;
pub(super) const COMPLEX: i8 = 11;
pub(super) const PATH: i8 = 12;
