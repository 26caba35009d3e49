//! The crash matrix over the whole AWS path. `cargo test` runs what a seed chooses, as far as it
//! gets in its time; `TEMPUS_TEST_MATRIX=all` runs all of it.
//!
//! | variable | |
//! |---|---|
//! | `TEMPUS_TEST_MATRIX` | `all`, or cells as they are printed, with `;` between them |
//! | `TEMPUS_TEST_SEED` | chooses as that run did which printed it |
//! | `TEMPUS_TEST_LANES` | how many cells are run at a time |

use std::time::Duration;

use tempus_tests::aws::matrix::{Part, matrix};

/// When the last cell is over, on two cores.
const WITHIN: Duration = Duration::from_secs(70);
/// How many cells two cores run at a time: each of them mostly waits.
const LANES: usize = 8;

#[test]
fn what_exists_is_what_is_desired_whatever_goes_wrong() {
    let part = part();
    let table = matrix(part, number("TEMPUS_TEST_LANES").unwrap_or(LANES));
    println!("{} cells\n{table}", table.cells);
    let broken = table.broken.join("\n\n");
    assert!(broken.is_empty(), "{} broke:\n{broken}", table.broken.len());
    assert!(table.cells > 0, "no cell was run");
}

fn part() -> Part {
    match std::env::var("TEMPUS_TEST_MATRIX").as_deref() {
        Ok("all") => Part::All,
        Ok(cells) => {
            let cells = cells.split(';');
            let cells = cells.map(|cell| cell.parse().unwrap_or_else(|error| panic!("{error}")));
            Part::These(cells.collect())
        }
        Err(_) => {
            let seed = number("TEMPUS_TEST_SEED").unwrap_or_else(rand::random);
            println!("TEMPUS_TEST_SEED={seed}");
            Part::Chosen {
                seed,
                within: WITHIN,
            }
        }
    }
}

fn number<T: std::str::FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    let number = text.parse().ok();
    assert!(number.is_some(), "{variable}={text}: must be a number");
    number
}
