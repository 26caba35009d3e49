//! `tempus token`

use anstyle::AnsiColor;
use clap::{Args, Subcommand};
use serde_json::json;
use tempus_api::shape::{TokenRequest, TokenState, TokenView};
use tempus_engine::{Clock, SystemClock};
use tempus_model::{Scope, Timestamp, Token as Secret, TokenId, TokenIdError};

use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::time::relative;
use crate::output::{Cell, Format, Screen, Table};

/// Tokens that callers prove themselves by
#[derive(Debug, Clone, Subcommand)]
pub enum Token {
    /// Make one; it is printed this once
    Create(Create),
    /// List them, without what they are recognised by
    List(ListThem),
    /// Revoke one or several, from the next call on
    Revoke(Revoke),
    /// Make an administrator's token for a server that has none yet, without asking any server
    New(New),
}

/// `tempus token create`
#[derive(Debug, Clone, Args)]
pub struct Create {
    /// What it is for
    #[arg(value_name = "NAME")]
    name: String,
    /// What its bearer may do: viewer, deployer or admin
    #[arg(long, value_name = "SCOPE")]
    scope: Scope,
    /// Whose previews its bearer sees and changes; yours unless given
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
    /// The owner's stable id, if it is not the same: a repository's number
    #[arg(long, value_name = "ID", requires = "owner")]
    owner_id: Option<String>,
    /// How long it is good, such as 12h or 90d, or never
    #[arg(long, value_name = "TIME", default_value = "90d")]
    expires_in: String,
    #[command(flatten)]
    remote: Remote,
}

/// `tempus token list`
#[derive(Debug, Clone, Args)]
pub struct ListThem {
    #[command(flatten)]
    remote: Remote,
}

/// `tempus token revoke`
#[derive(Debug, Clone, Args)]
pub struct Revoke {
    /// Which: the ids that the list shows
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    remote: Remote,
}

/// `tempus token new`
#[derive(Debug, Clone, Args)]
pub struct New {
    /// Print token and hash, as JSON
    #[arg(long)]
    json: bool,
}

impl Token {
    /// Which server is meant, if one is.
    pub const fn remote(&self) -> Option<&Remote> {
        match self {
            Self::Create(create) => Some(&create.remote),
            Self::List(list) => Some(&list.remote),
            Self::Revoke(revoke) => Some(&revoke.remote),
            Self::New(_) => None,
        }
    }

    /// Does it.
    pub async fn run(&self) -> Result<(), Failure> {
        let mut session = match (self, self.remote()) {
            (Self::New(new), _) => return new.run(),
            (_, Some(remote)) => Session::open(remote)?,
            (_, None) => return Ok(()),
        };
        match self {
            Self::Create(create) => create.run(&mut session).await,
            Self::List(_) => list(&mut session).await,
            Self::Revoke(revoke) => revoke.run(&mut session).await,
            Self::New(_) => Ok(()),
        }
    }
}

impl Create {
    async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let request = TokenRequest {
            name: self.name.clone(),
            scope: self.scope,
            owner: self.owner.clone(),
            owner_id: self.owner_id.clone(),
            expires_in: self.expires_in.clone(),
        };
        let answer = session.client.create_token(&request).await?;
        if session.screen.format() == Format::Json {
            return Ok(session.screen.json(&answer.raw)?);
        }
        let made = &answer.value.record;
        session.screen.note(format_args!(
            "token {} of {}, a {}; it is shown this once:",
            made.id, made.owner.login, made.scope
        ))?;
        Ok(session.screen.line(&answer.value.token)?)
    }
}

async fn list(session: &mut Session) -> Result<(), Failure> {
    let answer = session.client.tokens().await?;
    if session.screen.format() == Format::Json {
        return Ok(session.screen.json(&answer.raw)?);
    }
    let tokens = &answer.value.tokens;
    if tokens.is_empty() {
        return Ok(session.screen.note("no tokens")?);
    }
    Ok(session.screen.write(table(tokens, SystemClock.now()))?)
}

fn table(tokens: &[TokenView], now: Timestamp) -> Table {
    let mut table = Table::new([
        "ID", "NAME", "SCOPE", "OWNER", "STATE", "ENDS", "MADE", "BY",
    ]);
    for token in tokens {
        let state = token.state.as_str();
        let end = token.revoked_at.or(token.expires_at);
        table.row([
            Cell::plain(&token.id),
            Cell::plain(&token.name),
            Cell::plain(token.scope.as_str()),
            Cell::plain(&token.owner.login),
            match token.state {
                TokenState::Good => Cell::coloured(state, AnsiColor::Green),
                TokenState::Expired | TokenState::Revoked => Cell::dim(state),
            },
            Cell::plain(end.map_or("never".to_owned(), |end| relative(now, end))),
            Cell::plain(relative(now, token.created_at)),
            Cell::plain(&token.created_by),
        ]);
    }
    table
}

impl Revoke {
    async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        // All are read before any is revoked. Not read by clap, which repeats what it refuses: that
        // may be a whole token.
        let ids = self.ids.iter().map(|id| id.parse::<TokenId>());
        let ids: Result<Vec<_>, TokenIdError> = ids.collect();
        let ids = ids.map_err(|error| {
            Failure::usage(format!("ID: {error}; `tempus token list` shows them"))
        })?;
        for id in ids {
            session.client.revoke_token(id).await?;
            session.screen.note(format_args!("{id} revoked"))?;
        }
        Ok(())
    }
}

impl New {
    fn run(&self) -> Result<(), Failure> {
        let token = Secret::new(TokenId::new(rand::random()), rand::random());
        let hash = token.hash();
        if self.json {
            let both = json!({"token": token.expose(), "admin_token_hash": hash.to_string()});
            return Ok(Screen::of_process(Format::Json).json(&both)?);
        }
        let mut screen = Screen::of_process(Format::Human);
        screen.note(format_args!(
            "an administrator's token, shown this once. The server is told its hash, which is no \
             secret:\n\n  [identity]\n  admin_token_hash = \"{hash}\"\n"
        ))?;
        Ok(screen.line(token.expose())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str, state: &str, more: &serde_json::Value) -> TokenView {
        let mut token = json!({
            "id": "0123456789abcdef", "name": name, "scope": "deployer", "state": state,
            "owner": {"id": "42", "login": "acme/shop"}, "created_by": "configured",
            "created_at": "2026-01-01T00:00:00.000Z",
        });
        let more = more.as_object().cloned().unwrap_or_default();
        token.as_object_mut().unwrap().extend(more);
        serde_json::from_value(token).unwrap()
    }

    #[test]
    fn a_list_says_what_each_is_for_and_until_when() {
        let now = Timestamp::from_millis(1_767_225_600_000 + 3_600_000);
        let tokens = [
            token(
                "ci",
                "good",
                &json!({"expires_at": "2026-01-31T00:00:00.000Z"}),
            ),
            token(
                "phone",
                "revoked",
                &json!({"revoked_at": "2026-01-01T00:30:00.000Z"}),
            ),
            token("pager", "good", &json!({})),
        ];
        let seen = anstream::adapter::strip_str(&table(&tokens, now).to_string()).to_string();
        insta::assert_snapshot!(seen, @r"
        ID                NAME   SCOPE     OWNER      STATE    ENDS     MADE    BY
        0123456789abcdef  ci     deployer  acme/shop  good     in 30d   1h ago  configured
        0123456789abcdef  phone  deployer  acme/shop  revoked  30m ago  1h ago  configured
        0123456789abcdef  pager  deployer  acme/shop  good     never    1h ago  configured
        ");
    }
}
