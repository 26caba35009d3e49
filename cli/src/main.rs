//! The `tempus` binary; everything is in its library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A shim runs beside every service of every preview: it must stay as small as it starts,
    // before arguments are parsed or a runtime exists.
    if let Some(code) = tempus_steps::local::process::shim::intercept(std::env::args_os().skip(1)) {
        return code;
    }
    tempus_cli::cli::main()
}
