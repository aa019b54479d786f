#!/usr/bin/env bash
# Starts and stops a Kubernetes control plane without containers; see --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/cluster/environment.sh
source "$here/environment.sh"

usage() {
  cat <<'TEXT'
A Kubernetes control plane on this machine, without containers: etcd, kube-apiserver, kube-controller-manager and kube-scheduler, and kwok in
the place of the kubelets of three nodes in three zones. All of it listens on 127.0.0.1.

  tools/cluster/control-plane.sh start [name]     prints the path of the kubeconfig (default name: main)
  tools/cluster/control-plane.sh stop [name]      stops it and deletes its data

Several can run at once, each under its own name. Needs tools/cluster/install.sh first. Pods are Ready at once, but for images with the tag
`never-ready`; Jobs end well, but for images with the tag `failing`. Nothing in a pod runs.
TEXT
}

fail() {
  printf 'cluster/control-plane: %s\n' "$1" >&2
  exit "${2:-1}"
}

# In the order of starting.
readonly COMPONENTS=(etcd kube-apiserver kube-controller-manager kube-scheduler kwok)
readonly NODES=3

# The process of a component, if it still runs; a number that another program got since then does not count.
process_of() {
  local pid
  pid=$(cat "$run/pids/$1" 2>/dev/null) || return 1
  [[ $(readlink "/proc/$pid/exe") == "$HOME_DIR/bin/$1"* ]] || return 1
  printf '%s' "$pid"
}

# Ports of this cluster: a free range is looked for, so that clusters can stand side by side.
choose_ports() {
  local base
  for ((base = 16400; base < 17400; base += 10)); do
    is_free "$base" && break
  done
  port_api=$base port_etcd=$((base + 1)) port_peer=$((base + 2)) port_controllers=$((base + 3))
  port_scheduler=$((base + 4)) port_kubelet=$((base + 5))
}

is_free() {
  local port
  for ((port = $1; port < $1 + 6; port++)); do
    ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 1
  done
}

# Certificate <name> for <subject>, for a client or, with alternative names, for a server.
certificate() {
  local usage=clientAuth extensions
  [[ -z ${3:-} ]] || usage=serverAuth
  extensions=$(printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=%s\n' "$usage")
  [[ -z ${3:-} ]] || extensions+=$'\n'"subjectAltName=$3"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" -keyout "$1.key" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile <(printf '%s\n' "$extensions") -out "$1.crt"
}

make_certificates() {
  mkdir -p "$run/pki"
  chmod 700 "$run/pki"
  cd "$run/pki"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=tidewatch-cluster -keyout ca.key -out ca.crt \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
  openssl genrsa -out accounts.key 2048
  openssl rsa -in accounts.key -pubout -out accounts.pub
  certificate apiserver /CN=kube-apiserver 'IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc'
  certificate kubelet /CN=kwok 'IP:127.0.0.1,DNS:localhost'
  certificate to-kubelet /O=system:masters/CN=kube-apiserver
  certificate admin /O=system:masters/CN=admin
  certificate kwok /O=system:masters/CN=kwok
  certificate controllers /CN=system:kube-controller-manager
  certificate scheduler /CN=system:kube-scheduler
  cd "$run"
}

kubeconfig() {
  cat <<TEXT
apiVersion: v1
kind: Config
clusters: [{ name: tidewatch, cluster: { server: 'https://127.0.0.1:$port_api', certificate-authority: $run/pki/ca.crt } }]
users: [{ name: $1, user: { client-certificate: $run/pki/$1.crt, client-key: $run/pki/$1.key } }]
contexts: [{ name: tidewatch, context: { cluster: tidewatch, user: $1 } }]
current-context: tidewatch
TEXT
}

# Starts a component in the background; its output goes to a log of its own.
launch() {
  setsid nohup "$HOME_DIR/bin/$1" "${@:2}" >"$run/logs/$1.log" 2>&1 </dev/null &
  printf '%s' $! >"$run/pids/$1"
}

# Waits for a command to succeed: <what> <seconds> <command ...>
wait_for() {
  local i
  for ((i = 0; i < $2 * 5; i++)); do
    "${@:3}" >/dev/null 2>&1 && return
    sleep 0.2
  done
  fail "$1 within $2 s: no; see $run/logs"
}

launch_etcd() {
  launch etcd --name tidewatch --data-dir "$run/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "http://127.0.0.1:$port_etcd" --advertise-client-urls "http://127.0.0.1:$port_etcd" \
    --listen-peer-urls "http://127.0.0.1:$port_peer" --initial-advertise-peer-urls "http://127.0.0.1:$port_peer" \
    --initial-cluster "tidewatch=http://127.0.0.1:$port_peer"
}

launch_apiserver() {
  launch kube-apiserver --etcd-servers "http://127.0.0.1:$port_etcd" --bind-address 127.0.0.1 --advertise-address 127.0.0.1 \
    --secure-port "$port_api" --endpoint-reconciler-type none --profiling=false --allow-privileged=true --authorization-mode Node,RBAC \
    --tls-cert-file pki/apiserver.crt --tls-private-key-file pki/apiserver.key --client-ca-file pki/ca.crt \
    --service-cluster-ip-range 10.96.0.0/16 --service-account-issuer https://kubernetes.default.svc \
    --service-account-key-file pki/accounts.pub --service-account-signing-key-file pki/accounts.key \
    --kubelet-certificate-authority pki/ca.crt --kubelet-client-certificate pki/to-kubelet.crt \
    --kubelet-client-key pki/to-kubelet.key --kubelet-preferred-address-types InternalIP
}

# A loaded machine must not look like nodes that are lost: hence the grace period.
launch_controllers() {
  launch kube-controller-manager --kubeconfig controllers.kubeconfig --authentication-kubeconfig controllers.kubeconfig \
    --authorization-kubeconfig controllers.kubeconfig --bind-address 127.0.0.1 --secure-port "$port_controllers" --leader-elect=false \
    --use-service-account-credentials=true --service-account-private-key-file pki/accounts.key --root-ca-file pki/ca.crt \
    --allocate-node-cidrs=true --cluster-cidr 10.244.0.0/16 --service-cluster-ip-range 10.96.0.0/16 \
    --node-monitor-grace-period 10m --cert-dir "$run/pki/controllers"
  launch kube-scheduler --kubeconfig scheduler.kubeconfig --authentication-kubeconfig scheduler.kubeconfig \
    --authorization-kubeconfig scheduler.kubeconfig --bind-address 127.0.0.1 --secure-port "$port_scheduler" --leader-elect=false \
    --cert-dir "$run/pki/scheduler"
}

launch_nodes() {
  # In the format of the container runtimes, else `kubectl logs` refuses it.
  printf '2026-01-01T00:00:00.000000000Z stdout F nothing runs in this pod\n' >pod.log
  {
    cat "$here/stages.yaml"
    printf -- '---\napiVersion: kwok.x-k8s.io/v1alpha1\nkind: ClusterLogs\nmetadata: { name: all }\nspec: { logs: [{ logsFile: %s }] }\n' "$run/pod.log"
  } >kwok.yaml
  launch kwok --kubeconfig kwok.kubeconfig --config kwok.yaml --manage-all-nodes --cidr 10.244.0.1/24 --node-ip 127.0.0.1 \
    --node-port "$port_kubelet" --server-address "127.0.0.1:$port_kubelet" --tls-cert-file pki/kubelet.crt \
    --tls-private-key-file pki/kubelet.key --node-lease-duration-seconds 40
  local i
  for ((i = 1; i <= NODES; i++)); do
    cat <<TEXT
---
apiVersion: v1
kind: Node
metadata:
  name: node-$i
  labels: { kubernetes.io/os: linux, kubernetes.io/hostname: node-$i, topology.kubernetes.io/zone: zone-$i }
  annotations: { kwok.x-k8s.io/node: fake }
status:
  allocatable: { cpu: '16', memory: 64Gi, pods: '110', ephemeral-storage: 100Gi }
  capacity: { cpu: '16', memory: 64Gi, pods: '110', ephemeral-storage: 100Gi }
TEXT
  done | kubectl apply --filename - >/dev/null
}

all_nodes_ready() {
  (($(kubectl get nodes --no-headers | grep -c ' Ready ') == NODES))
}

start() {
  local component user
  for component in "${COMPONENTS[@]}" kubectl; do
    [[ -x $HOME_DIR/bin/$component ]] || fail "$component is missing: run tools/cluster/install.sh"
  done
  for component in "${COMPONENTS[@]}"; do
    ! process_of "$component" >/dev/null || fail "$name runs already ($component): stop it first"
  done
  rm -rf "$run"
  mkdir -p "$run"/{logs,pids}
  choose_ports
  make_certificates >"$run/logs/certificates.log" 2>&1
  for user in admin kwok controllers scheduler; do kubeconfig "$user" >"$user.kubeconfig"; done
  export KUBECONFIG=$run/admin.kubeconfig PATH=$HOME_DIR/bin:$PATH KUBECACHEDIR=$run/cache
  # Whatever goes wrong from here on, nothing is left running.
  trap 'stop >/dev/null' EXIT
  launch_etcd
  wait_for 'etcd' 30 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port_etcd"
  launch_apiserver
  wait_for 'kube-apiserver' 90 kubectl get --raw /readyz
  launch_controllers
  launch_nodes
  wait_for 'nodes' 60 all_nodes_ready
  wait_for 'the controllers' 30 kubectl --namespace default get serviceaccount default
  for component in "${COMPONENTS[@]}"; do
    process_of "$component" >/dev/null || fail "$component ended; see $run/logs/$component.log"
  done
  trap - EXIT
  printf '%s\n' "$KUBECONFIG"
}

stop() {
  local i pid component
  for ((i = ${#COMPONENTS[@]} - 1; i >= 0; i--)); do
    component=${COMPONENTS[i]}
    pid=$(process_of "$component") || continue
    kill "$pid" 2>/dev/null || true
    for _ in {1..50}; do process_of "$component" >/dev/null || break; sleep 0.1; done
    if pid=$(process_of "$component"); then kill -KILL "$pid" || true; fi
    printf '%s stopped\n' "$component"
  done
  rm -rf "$run/etcd"
}

main() {
  name=${2:-main}
  [[ $name =~ ^[a-z0-9-]+$ ]] || fail "a name has lower case letters, digits and hyphens only, not \"$name\"" 2
  run=$HOME_DIR/run/$name
  case ${1:-} in
    start) start ;;
    stop) stop ;;
    --help | -h) usage ;;
    *) fail 'give start or stop; see --help' 2 ;;
  esac
}

main "$@"
