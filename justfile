# The few commands that people repeat. `just` lists them.

_default:
    @just --list

# Run the example preview on this machine, from create to receipt.
dev ttl="2m":
    cargo run --release -- dev examples/hello --ttl {{ttl}}

# Everything that the tests cover.
test:
    cargo test --workspace --no-fail-fast

# What CI runs.
ci:
    .ci/run

# Formatting and lints, with fixes where they are safe.
tidy:
    cargo fmt --all
    cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged

# One cell of the crash matrix with its log, such as: just cell CreateDestroy store.claim 0 "crash after"
cell scenario call="" nth="" fault="":
    cargo run -q -p tempus-tests --example cell -- {{scenario}} {{call}} {{nth}} {{ if fault == "" { "" } else { quote(fault) } }}

# The crash matrix over the whole AWS path: all of it, or cells such as "Update,ecs.CreateService,1,killed after".
matrix-aws cells="all" lanes="8":
    TEMPUS_TEST_MATRIX={{quote(cells)}} TEMPUS_TEST_LANES={{lanes}} cargo test -p tempus-tests --test aws_crash_matrix -- --nocapture

# The protocol's model, with more of everything: minutes, not seconds.
model:
    TEMPUS_TEST_MODEL=large cargo test -p tempus-model --test protocol --release -- --nocapture

# Fuzz every target, or some, for so many seconds each, such as: just fuzz 600 rows
fuzz seconds="60" *targets:
    fuzz/run {{seconds}} {{targets}}

# Keep the goldens of plan versions that have none; what has shipped is never written again.
golden:
    TEMPUS_TEST_GOLDEN=keep cargo test -p tempus-tests --test versions every_cursor_has_a_golden
