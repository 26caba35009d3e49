# The few commands that people repeat. `just` lists them.

_default:
    @just --list

# Run the example preview on this machine, from create to receipt.
dev ttl="2m":
    cargo run --release -- dev examples/hello --ttl {{ ttl }}

# Everything that the tests cover.
test:
    cargo test --workspace --no-fail-fast

# The console's tests in a real browser, and the pictures that docs/console.md shows taken anew.
pictures:
    TEMPUS_TEST_PICTURES=1 cargo test --workspace --locked --features browser/chromium --test console

# What CI runs.
ci:
    .ci/run

# Formatting and lints, with fixes where they are safe.
tidy:
    cargo fmt --all
    cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged

# One cell of the crash matrix with its log, such as: just cell CreateDestroy store.claim 0 "crash after"
cell scenario call="" nth="" fault="":
    cargo run -q -p tests --example cell -- {{ scenario }} {{ call }} {{ nth }} {{ if fault == "" { "" } else { quote(fault) } }}

# Simulated worlds, such as: just simulate --seeds 1000, or one step by step: just simulate --seed 7 --verbose
simulate *args="--seeds 10000":
    cargo run --release -p tests --bin simulate -- {{ args }}

# Two servers under load and faults, 20 minutes or as long as you say; prints a report. Such as: just soak 5
soak minutes="20" *arguments:
    cargo build -q -p tests --bins
    cargo run -q -p tests --bin soak -- --minutes {{ minutes }} {{ arguments }}

# The crash matrix over the whole AWS path: all of it, or cells such as "Update,ecs.CreateService,1,killed after".
matrix-aws cells="all" lanes="8":
    TEMPUS_TEST_MATRIX={{ quote(cells) }} TEMPUS_TEST_LANES={{ lanes }} cargo test --workspace --test aws_crash_matrix -- --nocapture

# The protocol's model, with more of everything: minutes, not seconds.
model:
    TEMPUS_TEST_MODEL=large cargo test -p tempus-model --test protocol --release -- --nocapture

# How fast and how small: one workload, or all of them, such as: just bench w1 --seconds 5
bench *workload="all":
    cargo run --release -p bench -- {{ workload }}

# Fuzz every target, or some, for so many seconds each, such as: just fuzz 600 rows
fuzz seconds="60" *targets:
    fuzz/run {{ seconds }} {{ targets }}

# Keep the goldens of plan versions that have none; what has shipped is never written again.
golden:
    TEMPUS_TEST_GOLDEN=keep cargo test --workspace --test versions every_cursor_has_a_golden

# --- An installation on AWS: docs/deploy.md. Each takes an environment, dev or prod. ---

terraform := env("TERRAFORM", "terraform")

# Begin with an environment: its state, its registry, its keys. What these tell is there before the rest is.
setup environment="dev": (_has terraform "aws") (_written environment)
    {{ terraform }} -chdir=terraform/environments/{{ environment }} init -input=false -backend-config=backend.conf
    {{ terraform }} -chdir=terraform/environments/{{ environment }} apply -target=module.installation.module.registry -target=module.installation.module.secrets

# Build the image, under the tag that terraform.tfvars names.
build environment="dev": (_has "docker" "git") (_written environment)
    docker build --build-arg TEMPUS_COMMIT="$(git rev-parse HEAD)" --build-arg TEMPUS_VERSION="$({{ just_executable() }} _tag {{ environment }})" --tag tempus:"$({{ just_executable() }} _tag {{ environment }})" .

# Push it. A tag that is there already is refused: it never moves.
push environment="dev": (_has "docker" "aws") (_written environment)
    #!/usr/bin/env bash
    set -euo pipefail
    tag=$({{ just_executable() }} _tag {{ environment }})
    docker image inspect "tempus:$tag" >/dev/null || { echo "there is no image tempus:$tag: just build {{ environment }}" >&2; exit 1; }
    repository=$({{ terraform }} -chdir=terraform/environments/{{ environment }} output -raw image_repository)
    aws ecr get-login-password --region "$(cut -d. -f4 <<<"$repository")" | docker login --username AWS --password-stdin "${repository%%/*}"
    docker tag "tempus:$tag" "$repository:$tag"
    docker push "$repository:$tag"

# Make the environment what its files say. Shows what it would change, and asks.
deploy environment="dev": (_has terraform "aws") (_written environment)
    #!/usr/bin/env bash
    set -euo pipefail
    tag=$({{ just_executable() }} _tag {{ environment }})
    output() { {{ terraform }} -chdir=terraform/environments/{{ environment }} output -raw "$1"; }
    repository=$(output image_repository) key=$(output gate_key_secret)
    region=$(cut -d. -f4 <<<"$repository")
    aws ecr describe-images --region "$region" --repository-name "${repository#*/}" --image-ids imageTag="$tag" >/dev/null \
        || { echo "the registry has no image $tag: just build {{ environment }}, just push {{ environment }}" >&2; exit 1; }
    [ "$(aws secretsmanager describe-secret --region "$region" --secret-id "$key" --query 'length(VersionIdsToStages || `{}`)')" != 0 ] \
        || { echo "the secret $key has no value, and no task starts without: see docs/deploy.md" >&2; exit 1; }
    {{ terraform }} -chdir=terraform/environments/{{ environment }} apply

# Take the environment down, when no preview is left. Asks; prod refuses.
destroy environment="dev": (_has terraform "tempus") (_written environment)
    #!/usr/bin/env bash
    set -euo pipefail
    url=$({{ terraform }} -chdir=terraform/environments/{{ environment }} output -raw api_url)
    previews=$(tempus list --json --url "$url")
    grep -q '"previews": *\[ *\]' <<<"$previews" \
        || { echo "there are previews left (tempus list): destroy each, and wait for its receipt" >&2; exit 1; }
    {{ terraform }} -chdir=terraform/environments/{{ environment }} apply -var protected=false
    {{ terraform }} -chdir=terraform/environments/{{ environment }} destroy -var protected=false

# The image's tag, which stands in one place.
_tag environment:
    @sed -nE 's/^image_tag *= *"([^"]+)".*/\1/p' terraform/environments/{{ environment }}/terraform.tfvars | grep .

_has *programs:
    @for program in {{ programs }}; do command -v "$program" >/dev/null || { echo "$program is not installed, or not in PATH" >&2; exit 1; }; done

_written environment:
    @for file in backend.conf terraform.tfvars; do [ -f "terraform/environments/{{ environment }}/$file" ] || { echo "terraform/environments/{{ environment }}/$file is missing: write it after its example" >&2; exit 1; }; done
