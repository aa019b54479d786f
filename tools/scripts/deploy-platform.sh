#!/usr/bin/env bash
# Installs or upgrades the platform on a Kubernetes cluster; see --help.
set -euo pipefail

readonly APPS=(gateway ingestion processing storage dashboard)
# For helm list: Helm 4 has no --all any more.
readonly ANY_STATUS=(--deployed --failed --pending --superseded --uninstalled --uninstalling)

usage() {
  cat <<'TEXT'
Installs Tidewatch on the cluster that kubectl speaks to, or upgrades it, and waits until it is ready.

  tools/scripts/deploy-platform.sh [options]

  --namespace NAME     default: tidewatch; it is made, with Pod Security "restricted", when it is not there
  --release NAME       default: tidewatch
  --values FILE        values for the chart; may be given again
  --set KEY=VALUE      one value; may be given again
  --context NAME       of kubectl (default: the current one)
  --timeout DURATION   default: 15m
  --load-images        first copy this machine's images into minikube or kind, after tools/scripts/build-images.sh
  --dry-run            let the cluster check it, change nothing
  --help               this text

On a laptop: --values deploy/helm/tidewatch/ci/small-values.yaml. Run it again after any change: what did not change is left alone.
HELM and KUBECTL name other programs.
TEXT
}

fail() {
  printf 'deploy-platform: %s\n' "$1" >&2
  exit "${2:-1}"
}

parse() {
  namespace=tidewatch release=tidewatch context='' timeout=15m loads='' dry_run='' values=()
  while (($# > 0)); do
    case $1 in
      --namespace | --release | --values | --set | --context | --timeout) (($# > 1)) || fail "$1 takes a value" 2 ;;&
      --namespace | --release | --context | --timeout) printf -v "${1#--}" '%s' "$2"; shift ;;
      --values) [[ -r $2 ]] || fail "$2 cannot be read"; values+=(--values "$(realpath "$2")"); shift ;;
      --set) values+=(--set "$2"); shift ;;
      --load-images) loads=yes ;;
      --dry-run) dry_run=yes ;;
      --help | -h) usage; exit ;;
      *) fail "unknown option $1; see --help" 2 ;;
    esac
    shift
  done
}

find_programs() {
  helm=("${HELM:-helm}") kubectl=("${KUBECTL:-kubectl}")
  command -v "${kubectl[0]}" >/dev/null || fail 'kubectl is not installed (or KUBECTL names none)'
  command -v "${helm[0]}" >/dev/null || fail 'helm is not installed (or HELM names none)'
  [[ -z $context ]] || { helm+=(--kube-context "$context"); kubectl+=(--context "$context"); }
  local reason
  reason=$("${kubectl[@]}" version --request-timeout 10s 2>&1 >/dev/null) ||
    fail "the cluster does not answer: $(tail -n 1 <<<"$reason")"
}

# What a killed helm, or a deletion under way, left: helm would fail in the middle, or wait for ever.
refuse_half_states() {
  local phase status
  phase=$("${kubectl[@]}" get namespace "$namespace" --ignore-not-found --output 'jsonpath={.status.phase}') ||
    fail "namespace $namespace cannot be read: see above"
  [[ $phase != Terminating ]] || fail "namespace $namespace is being deleted: wait until it is gone, or choose another"
  has_namespace=$phase
  status=$("${helm[@]}" list --namespace "$namespace" "${ANY_STATUS[@]}" --filter "^$release\$" --output json | sed -n 's/.*"status":"\([^"]*\)".*/\1/p')
  case $status in
    pending-install) fail "release $release was never finished (pending-install): run helm uninstall $release --namespace $namespace, then this again" ;;
    pending-*) fail "release $release is $status: another helm is at work, or was killed; then run helm rollback $release --namespace $namespace" ;;
    uninstalling) fail "release $release is half deleted (uninstalling): run helm uninstall $release --namespace $namespace again" ;;
  esac
}

load_images() {
  local current tag app image
  current=${context:-$("${kubectl[@]}" config current-context)}
  tag=$(sed -n 's/^appVersion: //p' deploy/helm/tidewatch/Chart.yaml)
  case $current in
    minikube | kind-*) ;;
    *) fail "--load-images is for minikube and kind; the context is $current" 2 ;;
  esac
  for app in "${APPS[@]}"; do
    image=tidewatch-$app:$tag
    if [[ $current == minikube ]]; then
      minikube image load "$image" || fail "minikube cannot load $image: was it built? see tools/scripts/build-images.sh"
    else
      kind load docker-image --name "${current#kind-}" "$image" || fail "kind cannot load $image: was it built? see tools/scripts/build-images.sh"
    fi
  done
}

make_namespace() {
  [[ -z $has_namespace ]] || return 0
  "${kubectl[@]}" create --filename - <<TEXT
apiVersion: v1
kind: Namespace
metadata:
  name: $namespace
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: restricted
TEXT
}

main() {
  parse "$@"
  cd "$(dirname "${BASH_SOURCE[0]}")/../.."
  find_programs
  refuse_half_states
  # What a file of values gets wrong is said before anything is made.
  "${helm[@]}" template "$release" deploy/helm/tidewatch --namespace "$namespace" "${values[@]}" >/dev/null || fail 'the values are not valid: see above'
  local command=(upgrade "$release" deploy/helm/tidewatch --install --namespace "$namespace" --reset-values "${values[@]}" --timeout "$timeout")
  if [[ -n $dry_run ]]; then
    [[ -n $has_namespace ]] || fail "--dry-run asks the cluster, which has no namespace $namespace yet"
    "${helm[@]}" "${command[@]}" --dry-run=server >/dev/null || fail 'the cluster would not take it: see above'
    printf 'the cluster would take it\n'
    return
  fi
  [[ -z $loads ]] || load_images
  make_namespace
  "${helm[@]}" "${command[@]}" --wait --wait-for-jobs ||
    fail "it is not ready: see tools/scripts/manage.sh status --namespace $namespace --release $release; run this again when the cause is gone"
}

main "$@"
