//! Applies a function to every item on all cores and keeps the order. Its threads have deep stacks, because
//! a syntax tree is walked and freed by recursion and its depth is chosen by whoever wrote the file.

use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A sum of 100 000 terms is a tree of that depth, and freeing it takes up to 256 bytes a level. This carries
/// a quarter of a million levels, far beyond what Python itself compiles; the 2 MiB of a usual thread carry
/// 8000. The memory is reserved, and used only by a file that needs it.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Fails only when no thread can be started.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], apply: impl Fn(&T) -> R + Sync) -> io::Result<Vec<R>> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    let next = AtomicUsize::new(0);
    let take_until_empty = || {
        let mut done = Vec::new();
        while let Some((index, item)) = take(items, &next) {
            done.push((index, apply(item)));
        }
        done
    };

    let mut results = thread::scope(|scope| -> io::Result<Vec<(usize, R)>> {
        let mut readers = Vec::with_capacity(threads);
        for number in 0..threads {
            let builder = thread::Builder::new().name(format!("discover-{number}")).stack_size(STACK_BYTES);
            match builder.spawn_scoped(scope, take_until_empty) {
                Ok(reader) => readers.push(reader),
                Err(error) if readers.is_empty() => return Err(error),
                Err(_) => break, // The threads that did start take all the items.
            }
        }
        let mut results = Vec::with_capacity(items.len());
        for reader in readers {
            results.extend(reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        Ok(results)
    })?;

    results.sort_unstable_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

fn take<'a, T>(items: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_their_items() {
        let items: Vec<usize> = (0..1000).collect();

        let doubled = map(&items, |item| item * 2).unwrap();

        assert_eq!(doubled, (0..1000).map(|item| item * 2).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_to_do_starts_no_thread() {
        assert_eq!(map(&[] as &[u8], |item| *item).unwrap(), Vec::<u8>::new());
    }
}
