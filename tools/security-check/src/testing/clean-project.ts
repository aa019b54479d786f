import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The files of a small project that no check has anything to say about. */
export const CLEAN_FILES: Readonly<Record<string, string>> = {
  '.gitignore': '.env\nsecrets/\n',
  '.env.sample': 'PORT=8080\nADMIN_PASSWORD=\n',
  'docker-compose.yml': `services:
  web:
    image: tidewatch-web:1.0.0
    restart: unless-stopped
    read_only: true
    cap_drop: [ALL]
    security_opt: ['no-new-privileges:true']
    pids_limit: 64
    mem_limit: 256m
    tmpfs: ['/tmp:size=16m']
    environment:
      SESSION_KEY_FILE: /run/secrets/session-key
    ports: ['127.0.0.1:8080:8080']
    networks: [inside, outside]
    healthcheck: { test: ['CMD', 'node', 'probe.js'] }
networks:
  inside: { internal: true }
  outside: {}
secrets:
  session-key: { file: ./secrets/session-key }
`,
  'deploy/docker/Dockerfile': `FROM node:24 AS build
RUN npm ci \\
    --no-audit

FROM node:24
ENV NODE_ENV=production
USER 10001:10001
CMD ["main.js"]
`,
  'deploy/docker/Dockerfile.dockerignore': '.env\nsecrets\n',
  'apps/web/src/web.controller.ts': `@RequireScope('read')
@Controller('v1/things')
export class ThingsController {
  @Get()
  list() {}

  @Delete(':id')
  @RequireScope('admin')
  remove() {}

  private helper() {}
}
`,
  'manifests.yaml': `# Source: web/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: plant }
spec:
  template:
    metadata: { labels: { app: web } }
    spec:
      automountServiceAccountToken: false
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: web
          image: tidewatch-web:1.0.0
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
          resources: { limits: { memory: 256Mi }, requests: { cpu: 50m, memory: 128Mi } }
          env: [{ name: SESSION_KEY_FILE, value: /run/secrets/session-key }]
          startupProbe: { httpGet: { path: /livez, port: 8080 }, failureThreshold: 30 }
          livenessProbe: { httpGet: { path: /livez, port: 8080 } }
          readinessProbe: { httpGet: { path: /readyz, port: 8080 } }
      volumes:
        - { name: tmp, emptyDir: { sizeLimit: 16Mi } }
---
# Source: web/templates/settings.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { LOG_LEVEL: info }
---
# Source: web/templates/policies.yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
---
# Source: web/templates/policies.yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Ingress, Egress]
  ingress: [{ from: [{ podSelector: { matchLabels: { app: front } } }] }]
  egress: [{ to: [{ podSelector: { matchLabels: { app: database } } }] }]
`,
};

/** Writes a checkout below the system's temporary folder, and returns where it is. Its owner removes it. */
export function writeProject(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'tidewatch-security-check-'));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  execFileSync('git', ['init', '--quiet', root]);
  return root;
}
