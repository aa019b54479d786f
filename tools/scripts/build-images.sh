#!/usr/bin/env bash
# Builds and tags the images of the services; see --help.
set -euo pipefail

readonly APPS=(gateway ingestion processing storage dashboard simulator)

usage() {
  cat <<'TEXT'
Builds the images of Tidewatch's services, with docker or podman.

  tools/scripts/build-images.sh [options] [app ...]      (default: all apps)

  --tag TAG             default: the version in package.json
  --repository PREFIX   names the images PREFIX-<app> (default: tidewatch)
  --platform LIST       such as linux/amd64,linux/arm64 (default: this machine's)
  --push                push them too, with provenance and a list of contents attached (needs docker buildx)
  --dry-run             print the commands, run none
  --help                this text

Apps: gateway ingestion processing storage dashboard simulator. ENGINE=podman or ENGINE=docker chooses the engine.
TEXT
}

fail() {
  printf 'build-images: %s\n' "$1" >&2
  exit "${2:-1}"
}

find_engine() {
  local engine
  for engine in ${ENGINE:-docker podman}; do
    command -v "$engine" >/dev/null && { printf '%s' "$engine"; return; }
  done
  fail "neither docker nor podman is installed (or ENGINE names none that is)"
}

is_app() {
  local app
  for app in "${APPS[@]}"; do [[ $app == "$1" ]] && return; done
  return 1
}

main() {
  cd "$(dirname "${BASH_SOURCE[0]}")/../.."
  local tag='' repository=tidewatch platform='' push='' run=() chosen=()
  while (($# > 0)); do
    case $1 in
      --tag | --repository | --platform)
        (($# > 1)) || fail "$1 takes a value" 2
        printf -v "${1#--}" '%s' "$2"
        shift
        ;;
      --push) push=yes ;;
      --dry-run) run=(echo) ;;
      --help | -h) usage && return ;;
      -*) fail "unknown option $1; see --help" 2 ;;
      *) is_app "$1" || fail "\"$1\" is none of: ${APPS[*]}" 2; chosen+=("$1") ;;
    esac
    shift
  done
  [[ -n $tag ]] || tag=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
  ((${#chosen[@]} > 0)) || chosen=("${APPS[@]}")
  local engine
  engine=$(find_engine)
  [[ -z $push || $engine == docker ]] || fail '--push needs docker with buildx' 2

  local arguments=(build --file deploy/docker/Dockerfile --build-arg "VERSION=$tag")
  [[ $engine == docker ]] && arguments=(buildx "${arguments[@]}")
  arguments+=(--build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)")
  arguments+=(--build-arg "CREATED=$(date -u +%Y-%m-%dT%H:%M:%SZ)")
  [[ -z $platform ]] || arguments+=(--platform "$platform")
  if [[ -n $push ]]; then
    arguments+=(--push --provenance=mode=max --sbom=true)
  elif [[ $engine == docker ]]; then
    arguments+=(--load)
  fi
  local app
  for app in "${chosen[@]}"; do
    printf '== %s\n' "$repository-$app:$tag"
    "${run[@]}" "$engine" "${arguments[@]}" --build-arg "APP=$app" --tag "$repository-$app:$tag" .
  done
}

main "$@"
