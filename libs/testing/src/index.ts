export * from './cache-directory';
export { type Certificates, makeCertificates } from './certificates';
export { CLUSTER_HOME, clusterTool, describeWithClusterTools } from './cluster-tools';
export * from './kafka';
export * from './postgres';
export { describeWithPrometheus, type Prometheus, type Sample, startPrometheus } from './prometheus';
export * from './wait-for';
export * from './chaos';
export * from './ledger';
