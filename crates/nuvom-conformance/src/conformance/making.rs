//! What the list of cases is made into: the tests of a backend, or a table.

/// Makes one `#[test]` per case, in a module per topic, over this [`Harness`](crate::conformance::Harness).
#[macro_export]
macro_rules! conformance_tests {
    ($harness:expr) => {
        $crate::conformance_list! { conformance_modules, $harness }
    };
}

/// Turns a list of cases into tests.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_modules {
    ($harness:expr; $($topic:ident { $($case:ident)* })*) => {
        $(
            mod $topic {
                #[allow(unused_imports, reason = "a harness may be named by its full path")]
                use super::*;

                $(
                    #[test]
                    fn $case() {
                        $crate::conformance::$topic::$case(&$harness);
                    }
                )*
            }
        )*
    };
}

/// Turns a list of cases into a table.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_table {
    ($harness:expr; $($topic:ident { $($case:ident)* })*) => {
        &[$($($crate::conformance::Case {
            topic: stringify!($topic),
            name: stringify!($case),
            run: $crate::conformance::$topic::$case,
        },)*)*]
    };
}

/// Every case, topic by topic.
pub static CASES: &[super::Case] = crate::conformance_list! { conformance_table, () };
