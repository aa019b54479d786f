#!/usr/bin/env bash
# Makes the secrets that docker-compose.yml mounts; see --help.
set -euo pipefail

usage() {
  cat <<'TEXT'
Makes passwords and keys for docker compose, each in a file of its own under secrets/.

  tools/scripts/make-secrets.sh [folder]      (default: secrets)

What is there already is kept: run it again after an upgrade, and only what is new is made. The folder is closed to other
accounts of this machine; back it up like the data that it protects.
TEXT
}

fail() {
  printf 'make-secrets: %s\n' "$1" >&2
  exit "${2:-1}"
}

# Prints so many random characters of base64url.
random() {
  local text
  text=$(head -c "$1" /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n')
  printf '%s' "${text:0:$1}"
}

# An API key: tw_<12 letters or digits>_<32 random bytes as base64url>.
api_key() {
  local id
  id=$(random 64 | tr -d '_-')
  printf 'tw_%s_%s' "${id:0:12}" "$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n')"
}

# Writes the file in one go, so that no half of a secret is left when the disk is full.
make() {
  local file=$folder/$1
  if [[ -s $file ]]; then return; fi
  "${@:2}" >"$file.new" || fail "cannot write $file"
  # Containers run as another user; it is the folder that keeps others out.
  chmod 444 "$file.new"
  mv -f "$file.new" "$file"
  printf 'made %s\n' "$file"
}

main() {
  case ${1:-} in
    --help | -h) usage && return ;;
    -*) fail "unknown option $1; see --help" 2 ;;
  esac
  (($# <= 1)) || fail 'takes one folder at most; see --help' 2
  cd "$(dirname "${BASH_SOURCE[0]}")/../.."
  folder=${1:-secrets}
  mkdir -p "$folder" || fail "cannot make $folder"
  chmod 700 "$folder" || fail "cannot change $folder"
  local name
  make session-key random 64
  make bootstrap-key api_key
  make ingest-key api_key
  make grafana-admin random 40
  for name in owner ingestion processing storage dashboard gateway grafana; do
    make "database-$name" random 40
  done
}

main "$@"
