//! The command line: which command is meant, and how its end becomes an exit status.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tempus_engine::sqlite::server_runtime;
use tokio::runtime::Builder;

use crate::commands::Session;
use crate::commands::backup::Backup;
use crate::commands::bootstrap::Bootstrap;
use crate::commands::completions::Completions;
use crate::commands::config::Config;
use crate::commands::context::Context;
use crate::commands::costs::Costs;
use crate::commands::create::Create;
use crate::commands::dead_letters::DeadLetters;
use crate::commands::destroy::Destroy;
use crate::commands::exec::Exec;
use crate::commands::extend::Extend;
use crate::commands::health::Health;
use crate::commands::history::History;
use crate::commands::init::Init;
use crate::commands::job::Job;
use crate::commands::link::Link;
use crate::commands::list::List;
use crate::commands::logs::Logs;
use crate::commands::name::Name;
use crate::commands::overview::Overview;
use crate::commands::pin::{Pin, Unpin};
use crate::commands::receipt::Receipt;
use crate::commands::restore::Restore;
use crate::commands::schema;
use crate::commands::show::Show;
use crate::commands::token::Token;
use crate::commands::update::Update;
use crate::commands::validate::Validate;
use crate::commands::wake::Wake;
use crate::commands::whoami::Whoami;
use crate::dev::Dev;
use crate::failure::Failure;
use crate::hello;
use crate::output::{EXIT_HELP, Exit, Format, Screen, clean_lines};
use crate::serve::{Api, Serve, Worker};

/// Short-lived copies of an application, taken down again on time, and the proof that they are
/// gone.
#[derive(Debug, Parser)]
#[command(name = "tempus", version = crate::VERSION, after_help = EXIT_HELP, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dev(Dev),
    Serve(Serve),
    Api(Api),
    Worker(Worker),
    Bootstrap(Bootstrap),
    Create(Create),
    List(List),
    Show(Show),
    Costs(Costs),
    Overview(Overview),
    Job(Job),
    Update(Update),
    Extend(Extend),
    Wake(Wake),
    Pin(Pin),
    Unpin(Unpin),
    Destroy(Destroy),
    Link(Link),
    Logs(Logs),
    Exec(Exec),
    History(History),
    Receipt(Receipt),
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    Backup(Backup),
    Restore(Restore),
    #[command(subcommand)]
    Token(Token),
    Whoami(Whoami),
    #[command(subcommand)]
    Context(Context),
    Config(Config),
    Init(Init),
    Validate(Validate),
    Name(Name),
    /// Print the JSON Schema of .tempus.yml, by which editors complete and check it
    Schema,
    Health(Health),
    Completions(Completions),
    /// The built-in default application: a page on $PORT
    #[command(hide = true)]
    Hello,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output with status 0, errors to standard error
            // with status 2, as `Exit::Usage` has it. A closed pipe is nobody's concern here.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    match run(cli.command) {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => {
            report(&failure);
            failure.exit.into()
        }
    }
}

fn report(failure: &Failure) {
    if failure.message.is_empty() {
        return;
    }
    let red = anstyle::AnsiColor::Red.on_default();
    let text = clean_lines(&failure.message);
    // If even standard error is closed, the exit status still says it.
    let _ = Screen::of_process(Format::Human).note(format_args!("{red}error:{red:#} {text}"));
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Context(command) => return command.run(),
        Command::Config(command) => return command.run(),
        Command::Completions(command) => return command.run(),
        Command::Restore(command) => return command.run(),
        Command::Init(command) => return command.run(),
        Command::Validate(command) => return command.run(),
        Command::Name(command) => return command.run(),
        Command::Schema => return schema::run(),
        _ => {}
    }
    let is_server = matches!(
        command,
        Command::Dev(_) | Command::Serve(_) | Command::Api(_) | Command::Worker(_)
    );
    // One thread is plenty for a client, and starts faster.
    let runtime = if is_server {
        server_runtime()?
    } else {
        Builder::new_current_thread().enable_all().build()?
    };
    runtime.block_on(dispatch(command))
}

async fn dispatch(command: Command) -> Result<(), Failure> {
    /// Opens a session and runs the command in it.
    macro_rules! in_session {
        ($command:expr, $remote:expr) => {{
            let mut session = Session::open($remote)?;
            $command.run(&mut session).await
        }};
    }
    match command {
        Command::Dev(command) => Box::pin(command.run()).await,
        Command::Serve(command) => Box::pin(command.run()).await,
        Command::Api(command) => Box::pin(command.run()).await,
        Command::Worker(command) => Box::pin(command.run()).await,
        Command::Bootstrap(command) => command.run().await,
        Command::Health(command) => command.run().await,
        Command::Hello => hello::run().await,
        Command::Create(c) => in_session!(c, &c.remote),
        Command::List(c) => in_session!(c, &c.remote),
        Command::Costs(c) => in_session!(c, &c.remote),
        Command::Overview(c) => in_session!(c, &c.remote),
        Command::Show(c) => in_session!(c, &c.remote),
        Command::Job(c) => in_session!(c, &c.remote),
        Command::Update(c) => in_session!(c, &c.remote),
        Command::Extend(c) => in_session!(c, &c.remote),
        Command::Wake(c) => in_session!(c, &c.remote),
        Command::Pin(c) => in_session!(c, &c.remote),
        Command::Unpin(c) => in_session!(c, &c.remote),
        Command::Destroy(c) => in_session!(c, &c.remote),
        Command::Link(c) => in_session!(c, &c.remote),
        Command::Logs(c) => in_session!(c, &c.remote),
        Command::Exec(c) => in_session!(c, &c.remote),
        Command::History(c) => in_session!(c, &c.remote),
        Command::Receipt(c) => in_session!(c, &c.remote),
        Command::DeadLetters(c) => in_session!(c, c.remote()),
        Command::Backup(c) => in_session!(c, &c.remote),
        Command::Token(command) => command.run().await,
        Command::Whoami(c) => in_session!(c, &c.remote),
        // Handled without a runtime.
        Command::Context(_)
        | Command::Config(_)
        | Command::Completions(_)
        | Command::Restore(_)
        | Command::Init(_)
        | Command::Validate(_)
        | Command::Name(_)
        | Command::Schema => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
