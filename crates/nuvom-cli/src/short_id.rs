//! Ids as people type them: whole, or as much of the beginning as no other job has.

use std::str::FromStr;

use nuvom_core::ports::{Filter, Page};
use nuvom_core::{Error, ErrorKind, JobId, Result};

use crate::session::Opened;

/// The digits of an id.
const DIGITS: usize = 32;

/// Fewer digits say nothing: the first ones of an id are the time in hours.
const LEAST: usize = 4;

/// A job's id or the beginning of one, as digits without hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShortId(String);

impl FromStr for ShortId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits: String = text.chars().filter(|sign| *sign != '-').collect();
        let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !is_hexadecimal || !(LEAST..=DIGITS).contains(&digits.len()) {
            // The message of a whole id says how one looks.
            return Err(text.parse::<JobId>().err().unwrap_or_else(|| {
                Error::new(ErrorKind::Invalid, "this is not a job id, nor the beginning of one")
            }));
        }
        Ok(Self(digits.to_ascii_lowercase()))
    }
}

impl ShortId {
    /// The least and the greatest id that begins so.
    fn bounds(&self) -> (u128, u128) {
        let filled = |digit: &str| {
            let digits = format!("{}{}", self.0, digit.repeat(DIGITS - self.0.len()));
            u128::from_str_radix(&digits, 16).unwrap_or_default()
        };
        (filled("0"), filled("f"))
    }
}

impl Opened {
    /// The job that is meant.
    pub(crate) fn job_id(&self, short: &ShortId) -> Result<JobId> {
        let (least, most) = short.bounds();
        if least == most {
            return Ok(JobId::from_bytes(least.to_be_bytes()));
        }
        let before = most.checked_add(1).map(|id| JobId::from_bytes(id.to_be_bytes()));
        // The newest first: two tell whether there is one.
        let newest = self.runtime.stores.inspect.list(&Filter::default(), &Page { before, limit: 2 })?;
        let meant: Vec<JobId> = newest
            .iter()
            .map(|job| job.id)
            .filter(|id| u128::from_be_bytes(*id.as_bytes()) >= least)
            .collect();
        match *meant {
            [id] => Ok(id),
            [] => Err(Error::new(
                ErrorKind::NotFound,
                format!("no job in {} has an id that begins with {}", self.place, short.0),
            )),
            _ => Err(Error::new(
                ErrorKind::Invalid,
                format!("several jobs have an id that begins with {}", short.0),
            )
            .hint(format!("{} and {} are two of them; type more of it", meant[0], meant[1]))),
        }
    }

    /// The jobs that are meant.
    pub(crate) fn job_ids(&self, short: &[ShortId]) -> Result<Vec<JobId>> {
        short.iter().map(|id| self.job_id(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_an_id_is_taken_with_and_without_hyphens() {
        let read = |text: &str| text.parse::<ShortId>().unwrap();

        assert_eq!(read("01890A5D-AC96"), read("01890a5dac96"));
        assert_eq!(read("0189").bounds().0 >> 112, 0x0189);
        assert_eq!(read("0189").bounds().1 >> 112, 0x0189);
    }

    #[test]
    fn what_begins_no_id_is_refused() {
        for bad in ["", "018", "report", "0189 ", "01890a5d-ac96-774b-bcce-b302099a80570", "../etc"] {
            assert!(bad.parse::<ShortId>().is_err(), "{bad}");
        }
    }
}
