#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| tempus_fuzz::stored::rows(input));
