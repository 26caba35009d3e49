#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| tempus_fuzz::program::bodies(input));
