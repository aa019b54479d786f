# Sourced by the scripts beside it: where the tools are.
# shellcheck shell=bash disable=SC2034
HOME_DIR=${TIDEWATCH_CLUSTER_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/tidewatch-cluster}
