#!/usr/bin/env bash
# Builds the tools that check and install what is in deploy/, and check Compose files and workflows; see --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/cluster/environment.sh
source "$here/environment.sh"

usage() {
  cat <<'TEXT'
Installs what checks the Helm chart, the Dockerfile, the Compose files and the workflows, and a Kubernetes control plane that needs no
containers.

  tools/cluster/install.sh [tool ...]      (default: those that are missing)

Go modules in pinned versions are built with the Go of this machine; checkov comes from PyPI. They go to the folder TIDEWATCH_CLUSTER_HOME
(default: ~/.cache/tidewatch-cluster), which every checkout of this user shares. The first time takes about twenty minutes on two cores.
Logs are in its folder logs. A tool that cannot be built is named at the end, and the exit code is 1.

TEXT
  printf 'Tools: %s\n' "${TOOLS[*]}"
}

fail() {
  printf 'cluster/install: %s\n' "$1" >&2
  exit "${2:-1}"
}

# In the order of building. Those with a folder in modules/ have their version from its go.mod.
readonly TOOLS=(helm kwok helm4 etcd kube-apiserver kube-controller-manager kube-scheduler kubectl kubeconform helm-unittest helm-docs
  kube-score kubesec checkov actionlint trivy docker-compose)
readonly KUBERNETES=v1.35.4
declare -rA VERSIONS=(
  [helm]=v3.21.4 [helm4]=v4.2.4 [kwok]=v0.8.0 [etcd]=v3.6.5 [kube-apiserver]=$KUBERNETES [kube-controller-manager]=$KUBERNETES
  [kube-scheduler]=$KUBERNETES [kubectl]=$KUBERNETES [kubeconform]=v0.7.0 [helm-unittest]=v1.0.3 [helm-docs]=v1.14.2 [kube-score]=v1.20.0
  [kubesec]=v2.14.2 [checkov]=3.3.30 [actionlint]=v1.7.12 [trivy]=v0.70.0
  [docker-compose]=v2.40.3
)

# Builds a package of a module in the version of the table: <tool> <package> [ldflags]
from_version() {
  local folder=$HOME_DIR/tmp/$1
  rm -rf "$folder" &&
    GOBIN=$folder go install -ldflags "-s -w ${3:-}" "$2@${VERSIONS[$1]}" &&
    mv -f "$folder"/* "$HOME_DIR/bin/$1"
}

# Builds a package with the versions of modules/<folder>: <tool> <folder> <package> [ldflags]
from_module() {
  cd "$here/modules/$2" &&
    go build -mod=readonly -ldflags "-s -w ${4:-}" -o "$HOME_DIR/tmp/$1" "$3" &&
    mv -f "$HOME_DIR/tmp/$1" "$HOME_DIR/bin/$1"
}

from_pypi() {
  local venv=$HOME_DIR/$1
  rm -rf "$venv" &&
    python3 -m venv "$venv" &&
    "$venv/bin/pip" install --quiet --disable-pip-version-check "$1==${VERSIONS[$1]}" &&
    ln -sfn "../$1/bin/$1" "$HOME_DIR/bin/$1"
}

install_tool() {
  local version=${VERSIONS[$1]} helm3=helm.sh/helm/v3 component=k8s.io/component-base/version
  case $1 in
    # Without these, Helm 3 takes itself for Kubernetes 1.20 when it only renders. 1.36 is what its release of this version says.
    helm)
      from_version helm "$helm3/cmd/helm" "-X $helm3/internal/version.version=$version \
        -X $helm3/pkg/chartutil.k8sVersionMajor=1 -X $helm3/pkg/chartutil.k8sVersionMinor=36 \
        -X $helm3/pkg/lint/rules.k8sVersionMajor=1 -X $helm3/pkg/lint/rules.k8sVersionMinor=36"
      ;;
    helm4) from_version helm4 helm.sh/helm/v4/cmd/helm "-X helm.sh/helm/v4/internal/version.version=$version" ;;
    kwok) from_version kwok sigs.k8s.io/kwok/cmd/kwok ;;
    etcd) from_module etcd control-plane go.etcd.io/etcd/server/v3 ;;
    kube-apiserver | kube-controller-manager | kube-scheduler | kubectl)
      from_module "$1" control-plane "k8s.io/kubernetes/cmd/$1" "-X $component.gitVersion=$version -X $component.gitMajor=1 \
        -X $component.gitMinor=35 -X k8s.io/client-go/pkg/version.gitVersion=$version"
      ;;
    kubeconform) from_version kubeconform github.com/yannh/kubeconform/cmd/kubeconform ;;
    helm-unittest) from_module helm-unittest helm-unittest github.com/helm-unittest/helm-unittest/cmd/helm-unittest ;;
    helm-docs) from_version helm-docs github.com/norwoodj/helm-docs/cmd/helm-docs ;;
    kube-score) from_version kube-score github.com/zegl/kube-score/cmd/kube-score ;;
    kubesec) from_module kubesec kubesec github.com/controlplaneio/kubesec/v2 ;;
    checkov) from_pypi checkov ;;
    actionlint) from_version actionlint github.com/rhysd/actionlint/cmd/actionlint ;;
    # It imports encoding/json/v2, which Go has under this experiment only.
    trivy) GOEXPERIMENT=jsonv2 from_module trivy trivy github.com/aquasecurity/trivy/cmd/trivy ;;
    docker-compose)
      from_module docker-compose docker-compose github.com/docker/compose/v2/cmd "-X github.com/docker/compose/v2/internal.Version=$version"
      ;;
  esac
}

is_current() {
  [[ -x $HOME_DIR/bin/$1 && $(cat "$HOME_DIR/versions/$1" 2>/dev/null) == "${VERSIONS[$1]}" ]]
}

# Of the API server itself: what is valid, for the tools that check without one.
make_schemas() {
  [[ $(cat "$HOME_DIR/schemas/complete" 2>/dev/null) != "${KUBERNETES#v}" ]] || return 0
  local kubeconfig code=0
  kubeconfig=$("$here/control-plane.sh" start schemas) || return 1
  "$HOME_DIR/bin/kubectl" --kubeconfig "$kubeconfig" get --raw /openapi/v2 |
    node "$here/schemas.mjs" "$HOME_DIR/schemas" "${KUBERNETES#v}" || code=1
  "$here/control-plane.sh" stop schemas
  return "$code"
}

main() {
  case ${1:-} in
    --help | -h) usage && return ;;
    -*) fail "unknown option $1; see --help" 2 ;;
  esac
  command -v go >/dev/null || fail 'Go is not installed'
  command -v python3 >/dev/null || fail 'Python 3 is not installed'
  command -v openssl >/dev/null || fail 'openssl is not installed'
  command -v node >/dev/null || fail 'Node.js is not installed'
  mkdir -p "$HOME_DIR"/{bin,logs,tmp,versions} || fail "cannot make $HOME_DIR"
  local tool failed=() wanted=("$@")
  for tool in "${wanted[@]}"; do
    [[ -v VERSIONS[$tool] ]] || fail "\"$tool\" is none of: ${TOOLS[*]}" 2
  done
  # Checkouts share the folder: one of them builds, the others wait.
  exec 9>"$HOME_DIR/lock"
  flock 9
  export GOMODCACHE=$HOME_DIR/gomod GOCACHE=$HOME_DIR/gocache GOTMPDIR=$HOME_DIR/tmp GOTOOLCHAIN=local
  export CGO_ENABLED=0 GOFLAGS='-buildvcs=false -trimpath -modcacherw'
  if (($# == 0)); then
    for tool in "${TOOLS[@]}"; do is_current "$tool" || wanted+=("$tool"); done
  fi
  for tool in "${wanted[@]}"; do
    SECONDS=0
    rm -f "$HOME_DIR/versions/$tool"
    if (install_tool "$tool") >"$HOME_DIR/logs/$tool.log" 2>&1 9>&-; then
      printf '%s\n' "${VERSIONS[$tool]}" >"$HOME_DIR/versions/$tool"
      printf '%s %s, built in %d s\n' "$tool" "${VERSIONS[$tool]}" "$SECONDS"
    else
      failed+=("$tool")
      printf '%s cannot be built, see %s\n' "$tool" "$HOME_DIR/logs/$tool.log" >&2
    fi
  done
  ((${#failed[@]} == 0)) || fail "not installed: ${failed[*]}"
  # With tools named, these may not be all that it takes.
  (($# > 0)) || make_schemas >"$HOME_DIR/logs/schemas.log" 2>&1 9>&- || fail "no schemas, see $HOME_DIR/logs/schemas.log"
}

main "$@"
