import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { allEndpoints } from '@chatbot-platform/contract'
import { parse } from 'yaml'
import { settings } from '../../src/settings.ts'

const root = new URL('../../../', import.meta.url)

/** A file of the repository. */
export const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** Where it is. */
export const pathTo = (path: string) => fileURLToPath(new URL(path, root))

/** A YAML file of one document, as the caller says it looks. */
export const readYaml = <T>(path: string): T => parse(read(path), { merge: true }) as T

/** The name of every variable that the server reads. */
export const variables = Object.values(settings).flatMap((group) => Object.keys(group))

/** The path of every endpoint. */
export const paths = allEndpoints().map(([, { path }]) => path)

/** Those that the server does not know. */
export const unknownVariables = (names: string[]) => names.filter((name) => !variables.includes(name))

export interface Probe {
  httpGet: { path: string; port: string }
}

interface Container {
  name: string
  image: string
  command?: string[]
  ports?: { name: string; containerPort: number }[]
  env: {
    name: string
    value?: string
    valueFrom?: { secretKeyRef: { name: string; key: string; optional?: boolean } }
  }[]
  envFrom?: { configMapRef: { name: string } }[]
  securityContext: {
    readOnlyRootFilesystem: boolean
    allowPrivilegeEscalation: boolean
    capabilities: { drop: string[] }
  }
  volumeMounts: { name: string; mountPath: string }[]
  lifecycle?: { preStop: { exec: { command: string[] } } }
  startupProbe?: Probe
  livenessProbe?: Probe
  readinessProbe?: Probe
  resources: { requests: Record<string, string>; limits: Record<string, string> }
}

/** A Deployment or Job. */
export interface Workload {
  kind: string
  metadata: { name: string }
  spec: {
    selector?: { matchLabels: Record<string, string> }
    template: {
      metadata: { labels: Record<string, string> }
      spec: {
        containers: Container[]
        volumes: { name: string }[]
        serviceAccountName: string
        terminationGracePeriodSeconds: number
        securityContext: { runAsNonRoot: boolean; runAsUser: number }
      }
    }
  }
}

/** The only container of a workload. */
export function containerOf(workload: Workload): Container {
  const [container] = workload.spec.template.spec.containers
  if (!container) throw new Error('the workload has no container')
  return container
}
