//! Listings that fit a width: columns that may be cut are cut, optional ones left out, and ids stay whole.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::safe::visible;
use crate::styled::{Style, Styled};

const GAP: usize = 2;
const CUT: char = '…';
/// So much of a text tells what it is.
const READABLE: usize = 24;

/// What becomes of a column when there is too little room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It stays whole.
    Whole,
    /// It may be cut, down to this width.
    Cut(usize),
    /// It may be cut, down to this width, and is left out when no optional column is left to go.
    Last(usize),
    /// It is left out first.
    Optional,
    /// It holds numbers: stays whole, and ends where they end.
    Number,
    /// The same, and is left out first.
    OptionalNumber,
}

impl Fit {
    fn is_optional(self) -> bool {
        matches!(self, Fit::Optional | Fit::OptionalNumber)
    }

    fn is_number(self) -> bool {
        matches!(self, Fit::Number | Fit::OptionalNumber)
    }
}

/// Rows under headings.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(&'static str, Fit)>,
    rows: Vec<Vec<Styled>>,
}

impl Table {
    /// A table of these columns.
    pub(crate) fn new(columns: &[(&'static str, Fit)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row with a cell for each column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Styled>) {
        let cells = cells.into_iter();
        // Widths are those of what will be seen, so the text is made safe before it is measured.
        self.rows.push(cells.map(|cell| Styled::new(cell.style, visible(&cell.text))).collect());
    }

    /// The lines, headings first, each at most `width` wide unless what must stay whole is wider.
    pub(crate) fn lines(&self, width: usize) -> Vec<Vec<Styled>> {
        let widths = self.widths(width);
        let headings = self.columns.iter().map(|(title, _)| Styled::new(Style::Heading, *title)).collect();
        let fits: Vec<Fit> = self.columns.iter().map(|(_, fit)| *fit).collect();
        std::iter::once(&headings).chain(&self.rows).map(|cells| line(cells, &widths, &fits)).collect()
    }

    /// The width of each column; none for one that is left out.
    fn widths(&self, width: usize) -> Vec<Option<usize>> {
        let mut widths: Vec<Option<usize>> =
            (0..self.columns.len()).map(|at| Some(self.natural(at))).collect();
        let goes_last = |fit: Fit| matches!(fit, Fit::Last(_));
        // What is optional goes before what can be cut is cut to where it says little.
        for (goes, readable) in [(Fit::is_optional as fn(Fit) -> bool, READABLE), (goes_last, 0)] {
            for at in (0..widths.len()).rev() {
                if self.least_total(&widths, readable) > width && goes(self.columns[at].1) {
                    widths[at] = None;
                }
            }
        }
        while total(widths.iter().copied()) > width {
            let Some(at) = self.widest_that_can_shrink(&widths) else { break };
            widths[at] = widths[at].map(|width| width - 1);
        }
        widths
    }

    fn natural(&self, at: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.text.width());
        cells.max().unwrap_or(0).max(self.columns[at].0.width())
    }

    /// The width that is needed at least, with so much of what can be cut.
    fn least_total(&self, widths: &[Option<usize>], readable: usize) -> usize {
        total(widths.iter().zip(&self.columns).map(|(width, (title, fit))| match fit {
            Fit::Cut(least) | Fit::Last(least) => {
                width.map(|width| width.min((*least).max(title.width()).max(readable)))
            }
            Fit::Whole | Fit::Optional | Fit::Number | Fit::OptionalNumber => *width,
        }))
    }

    fn widest_that_can_shrink(&self, widths: &[Option<usize>]) -> Option<usize> {
        let shrinkable = widths.iter().enumerate().filter_map(|(at, width)| match self.columns[at].1 {
            Fit::Cut(least) | Fit::Last(least) => {
                width.filter(|width| *width > least).map(|width| (width, at))
            }
            Fit::Whole | Fit::Optional | Fit::Number | Fit::OptionalNumber => None,
        });
        shrinkable.max().map(|(_, at)| at)
    }
}

fn total(widths: impl Iterator<Item = Option<usize>>) -> usize {
    widths.flatten().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP)
}

/// One line; the last column is not filled up, so no line ends in spaces.
fn line(cells: &[Styled], widths: &[Option<usize>], fits: &[Fit]) -> Vec<Styled> {
    let mut pieces = Vec::new();
    let mut owed = 0;
    for ((cell, width), fit) in cells.iter().zip(widths).zip(fits) {
        let Some(width) = *width else { continue };
        let text = cut(&cell.text, width);
        let used = text.width();
        let rest = width.saturating_sub(used);
        let (before, after) = if fit.is_number() { (rest, 0) } else { (0, rest) };
        owed += before;
        if used > 0 {
            pieces.push(Styled::from(" ".repeat(owed)));
            pieces.push(Styled::new(cell.style, text));
            owed = 0;
        }
        owed += after + GAP;
    }
    pieces
}

/// The text, ended by a sign of omission where it would be wider than `width`.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let mut kept: String = text
        .chars()
        .take_while(|sign| {
            let needed = sign.width().unwrap_or(0);
            let fits = needed <= left;
            left = left.saturating_sub(needed);
            fits
        })
        .collect();
    kept.push(CUT);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(table: &Table, width: usize) -> Vec<String> {
        let text = |line: Vec<Styled>| line.into_iter().map(|piece| piece.text).collect::<String>();
        table.lines(width).into_iter().map(text).collect()
    }

    fn jobs() -> Table {
        let mut table = Table::new(&[
            ("ID", Fit::Whole),
            ("TASK", Fit::Cut(6)),
            ("AGE", Fit::Whole),
            ("NOTE", Fit::Optional),
        ]);
        table.row(["0123456789".into(), "send_the_mail".into(), "3 s".into(), "first".into()]);
        table.row(["0123456780".into(), "add".into(), "20 min".into(), "".into()]);
        table
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        assert_eq!(
            shown(&jobs(), 80),
            [
                "ID          TASK           AGE     NOTE",
                "0123456789  send_the_mail  3 s     first",
                "0123456780  add            20 min",
            ]
        );
    }

    #[test]
    fn an_optional_column_goes_before_another_is_cut_below_its_least_width() {
        assert_eq!(
            shown(&jobs(), 30),
            ["ID          TASK        AGE", "0123456789  send_the_…  3 s", "0123456780  add         20 min",]
        );
    }

    #[test]
    fn a_column_that_goes_last_stays_until_no_optional_one_is_left() {
        let mut table = Table::new(&[
            ("ID", Fit::Whole),
            ("AGE", Fit::Last(6)),
            ("OUTCOME", Fit::Last(8)),
            ("AT", Fit::Optional),
        ]);
        table.row(["0123456789".into(), "20 min".into(), "connection refused".into(), "noon".into()]);

        assert_eq!(shown(&table, 30)[1], "0123456789  20 min  connectio…");
        assert_eq!(shown(&table, 20)[1], "0123456789  20 min");
        assert_eq!(shown(&table, 12)[1], "0123456789");
    }

    #[test]
    fn what_must_stay_whole_is_never_cut() {
        assert!(shown(&jobs(), 10)[1].starts_with("0123456789  send_…  3 s"));
    }

    #[test]
    fn numbers_end_in_one_column() {
        let mut table =
            Table::new(&[("QUEUE", Fit::Whole), ("WAITING", Fit::Number), ("PAUSED", Fit::Whole)]);
        table.row(["mail".into(), "7".into(), "yes".into()]);
        table.row(["default".into(), "1200".into(), "".into()]);

        let expected = ["QUEUE    WAITING  PAUSED", "mail           7  yes", "default     1200"];
        assert_eq!(shown(&table, 80), expected);
    }

    #[test]
    fn columns_stand_straight_below_wide_signs() {
        let mut table = Table::new(&[("TASK", Fit::Cut(6)), ("AGE", Fit::Whole)]);
        table.row(["日本語テキスト".into(), "3 s".into()]);
        table.row(["add 🚀".into(), "20 min".into()]);

        assert_eq!(shown(&table, 17), ["TASK       AGE", "日本語テ…  3 s", "add 🚀     20 min"]);
    }

    #[test]
    fn wide_signs_count_double() {
        assert_eq!(cut("日本語テキスト", 7), "日本語…");
        assert_eq!(cut("日本語テキスト", 6), "日本…");
    }

    #[test]
    fn a_cell_is_measured_as_it_will_be_seen() {
        let mut table = Table::new(&[("A", Fit::Whole), ("B", Fit::Whole)]);
        table.row(["\u{1b}".into(), "x".into()]);

        assert_eq!(shown(&table, 80), ["A     B", "\\x1b  x"]);
    }
}
