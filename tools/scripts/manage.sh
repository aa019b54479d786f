#!/usr/bin/env bash
# Looks after a platform that deploy-platform.sh installed; see --help.
set -euo pipefail

readonly SERVICES=(gateway ingestion processing storage dashboard)
# For helm list: Helm 4 has no --all any more.
readonly ANY_STATUS=(--deployed --failed --pending --superseded --uninstalled --uninstalling)

usage() {
  cat <<'TEXT'
Looks after a Tidewatch on Kubernetes.

  tools/scripts/manage.sh [options] status
  tools/scripts/manage.sh [options] logs SERVICE [--follow]
  tools/scripts/manage.sh [options] restart [SERVICE ...]     (default: all services, one after the other)
  tools/scripts/manage.sh [options] scale SERVICE REPLICAS
  tools/scripts/manage.sh [options] port-forward [PORT]       the page and the API on http://localhost:PORT (default: 8080)
  tools/scripts/manage.sh [options] backup FOLDER             dump of the bundled database, and the secrets, in a new folder

  --namespace NAME   default: tidewatch
  --release NAME     default: tidewatch
  --context NAME     of kubectl (default: the current one)
  --help             this text

Services: gateway ingestion processing storage dashboard. HELM and KUBECTL name other programs.
TEXT
}

fail() {
  printf 'manage: %s\n' "$1" >&2
  exit "${2:-1}"
}

is_service() {
  [[ " ${SERVICES[*]} " == *" $1 "* ]] || fail "\"$1\" is none of: ${SERVICES[*]}" 2
}

# Name of the object of a component, such as deployment.apps/tidewatch-gateway: <kind> <component>
object_of() {
  "${kubectl[@]}" get "$1" --selector "app.kubernetes.io/instance=$release,app.kubernetes.io/component=$2" --output name
}

# As above, for what has to be there.
deployment_of() {
  local name
  name=$(object_of deployment "$1") || fail 'the cluster does not answer: see above'
  [[ -n $name ]] || fail "release $release has no Deployment for $1: it is half deleted, or not finished; nothing was changed; tools/scripts/deploy-platform.sh makes it whole"
  printf '%s' "$name"
}

find_release() {
  helm=("${HELM:-helm}") kubectl=("${KUBECTL:-kubectl}")
  command -v "${kubectl[0]}" >/dev/null || fail 'kubectl is not installed (or KUBECTL names none)'
  command -v "${helm[0]}" >/dev/null || fail 'helm is not installed (or HELM names none)'
  [[ -z $context ]] || { helm+=(--kube-context "$context"); kubectl+=(--context "$context"); }
  helm+=(--namespace "$namespace")
  kubectl+=(--namespace "$namespace")
  local reason
  reason=$("${kubectl[@]}" version --request-timeout 10s 2>&1 >/dev/null) ||
    fail "the cluster does not answer: $(tail -n 1 <<<"$reason")"
  "${helm[@]}" status "$release" >/dev/null 2>&1 || fail "there is no release $release in namespace $namespace"
}

status() {
  "${helm[@]}" list "${ANY_STATUS[@]}" --filter "^$release\$"
  "${kubectl[@]}" get deployments,statefulsets,horizontalpodautoscalers,pods --selector "app.kubernetes.io/instance=$release"
  local service
  for service in "${SERVICES[@]}"; do deployment_of "$service" >/dev/null; done
}

logs() {
  (($# > 0)) || fail 'logs of which service? see --help' 2
  is_service "$1"
  [[ ${2:-} == '' || $2 == --follow ]] || fail "unknown option $2; see --help" 2
  "${kubectl[@]}" logs --selector "app.kubernetes.io/instance=$release,app.kubernetes.io/component=$1" --prefix --tail 100 ${2:+--follow} --max-log-requests 20
}

restart() {
  local service name names=()
  (($# > 0)) || set -- "${SERVICES[@]}"
  for service in "$@"; do is_service "$service"; done
  # All of them are looked for before the first is touched.
  for service in "$@"; do
    name=$(deployment_of "$service")
    names+=("$name")
  done
  for name in "${names[@]}"; do
    "${kubectl[@]}" rollout restart "$name"
    "${kubectl[@]}" rollout status "$name" --timeout 10m || fail "$name is not ready; the ones after it were not touched"
  done
}

scale() {
  (($# == 2)) || fail 'scale takes a service and a number; see --help' 2
  is_service "$1"
  [[ $2 =~ ^[1-9][0-9]*$ ]] || fail "\"$2\" is no number of replicas" 2
  local name partitions
  name=$(deployment_of "$1")
  [[ -z $(object_of horizontalpodautoscaler "$1") ]] || fail "$1 is scaled by an autoscaler: set services.$1.autoscaling in the values"
  if [[ $1 == processing || $1 == storage ]]; then
    partitions=$("${helm[@]}" get values "$release" --all --output json | sed -n 's/.*"partitions":\([0-9]*\).*/\1/p')
    ((partitions >= $2)) || fail "$1 can share the work of $partitions partitions only; raise the value partitions first"
  fi
  "${kubectl[@]}" scale "$name" --replicas "$2"
  "${kubectl[@]}" rollout status "$name" --timeout 10m || fail "$name is not ready"
  printf 'Until the next upgrade: set services.%s.replicas=%s in the values to keep it.\n' "$1" "$2"
}

port_forward() {
  local port=${1:-8080} service
  { [[ $port =~ ^[1-9][0-9]*$ ]] && ((port < 65536)); } || fail "\"$port\" is no port" 2
  service=$(object_of service gateway)
  [[ -n $service ]] || fail "release $release has no Service for gateway: it is half deleted, or not finished"
  printf 'http://localhost:%s until Ctrl-C\n' "$port"
  "${kubectl[@]}" port-forward "$service" "$port:8080"
}

backup() {
  (($# == 1)) || fail 'backup takes a folder; see --help' 2
  [[ ! -e $1 ]] || fail "$1 is there already"
  local database
  database=$(object_of statefulset timescaledb)
  [[ -n $database ]] || fail "release $release has no database of its own: back up yours with its own tools"
  umask 077
  mkdir -p "$1.partial" || fail "cannot make $1.partial"
  # For the shell in the pod.
  # shellcheck disable=SC2016
  "${kubectl[@]}" exec "$database" -- sh -c 'PGPASSWORD=$(cat /run/secrets/tidewatch/database-owner) exec pg_dump --host 127.0.0.1 --username tidewatch_owner --format custom tidewatch' \
    >"$1.partial/database.dump" || fail "the dump failed; what there is of it is in $1.partial"
  "${kubectl[@]}" get secrets,configmaps --selector "app.kubernetes.io/instance=$release" --output yaml >"$1.partial/secrets.yaml" ||
    fail "the secrets cannot be read; what there is of the backup is in $1.partial"
  mv "$1.partial" "$1"
  printf '%s: the database, and the secrets in plain text: keep it like them\n' "$1"
}

main() {
  namespace=tidewatch release=tidewatch context=''
  while (($# > 0)); do
    case $1 in
      --namespace | --release | --context)
        (($# > 1)) || fail "$1 takes a value" 2
        printf -v "${1#--}" '%s' "$2"
        shift 2
        ;;
      --help | -h) usage && return ;;
      -*) fail "unknown option $1; see --help" 2 ;;
      *) break ;;
    esac
  done
  local command=${1:-}
  case $command in
    status | logs | restart | scale | port-forward | backup) shift ;;
    '') fail 'what shall be done? see --help' 2 ;;
    *) fail "\"$command\" is none of: status logs restart scale port-forward backup" 2 ;;
  esac
  find_release
  "${command/-/_}" "$@"
}

main "$@"
