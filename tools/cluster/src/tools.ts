export const LINTERS = [
  ...['helm', 'helm4', 'helm-unittest', 'kubeconform', 'kube-score', 'kubesec', 'checkov', 'trivy'],
] as const;
export const CONTROL_PLANE = [
  ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kwok'],
] as const;
