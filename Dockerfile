# Tempus as one static binary on an empty image: nothing in it but the program and the certificates by which it knows AWS.
#
#   docker build --build-arg TEMPUS_COMMIT="$(git rev-parse HEAD)" --tag tempus .
#   docker run --rm --read-only tempus --version
#
# It runs as a number, without a shell, and writes nothing: everything it keeps is in AWS. Previews as processes of the
# same machine (`platform = "local"`) need whatever those processes need, and are not for this image.

# The Rust of `rust-version` in Cargo.toml. Alpine's programs are linked with musl, whose static binaries ask no library of
# the machine that they run on, not even for names.
FROM rust:1.95.0-alpine AS rust
# hadolint ignore=DL3018
RUN apk add --no-cache musl-dev \
 && cargo install --locked --version 0.1.78 cargo-chef
WORKDIR /src

# What there is to build, as a list that changes with the manifests alone…
FROM rust AS recipe
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

# …so that this layer, which takes minutes, is built again only when they do.
FROM rust AS build
ENV CARGO_PROFILE_RELEASE_STRIP=symbols \
    RUSTFLAGS="-C target-feature=+crt-static"
COPY --from=recipe /src/recipe.json recipe.json
RUN cargo chef cook --release --locked --package tempus --recipe-path recipe.json
COPY . .
ARG TEMPUS_COMMIT
RUN cargo build --release --locked --package tempus

FROM scratch
ARG TEMPUS_COMMIT
ARG TEMPUS_VERSION
LABEL org.opencontainers.image.title="Tempus" \
      org.opencontainers.image.description="Short-lived copies of an application that are taken down again on time, provably" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="${TEMPUS_COMMIT}" \
      org.opencontainers.image.version="${TEMPUS_VERSION}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/target/release/tempus /tempus
# Nobody's number on any machine.
USER 65532:65532
# Where the API listens behind a load balancer; which address it is, is configuration.
EXPOSE 8080
STOPSIGNAL SIGTERM
# Asks the role that runs here, by the same configuration. ECS reads its own health check and not this one.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 CMD ["/tempus", "health"]
ENTRYPOINT ["/tempus"]
