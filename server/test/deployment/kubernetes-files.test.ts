import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { Setting } from '../../src/setting-kinds.ts'
import { settings } from '../../src/settings.ts'
import { containerOf, paths, pathTo, read, readYaml, unknownVariables, type Workload } from './deploy-files.ts'

const base = 'deploy/kubernetes/base'
interface Kustomization {
  resources: string[]
  labels: { pairs: Record<string, string>; includeTemplates: boolean }[]
  configMapGenerator: { name: string; literals: string[] }[]
  images: { name: string; newTag: string }[]
}
interface Selecting {
  spec: { selector: { matchLabels: Record<string, string> } }
}
const kustomization = readYaml<Kustomization>(`${base}/kustomization.yaml`)
const deployment = readYaml<Workload>(`${base}/deployment.yaml`)
const job = readYaml<Workload>(`${base}/migration-job.yaml`)
const workers = readYaml<Workload>(`${base}/worker.yaml`)
const worker = containerOf(workers)
const server = containerOf(deployment)
const pod = deployment.spec.template.spec
const config = Object.fromEntries(
  kustomization.configMapGenerator[0]?.literals.map((literal) => literal.split('=') as [string, string]) ?? [],
)

describe('the kustomization', () => {
  test('names files that exist, and the version of this release', () => {
    expect(kustomization.resources.filter((file) => !existsSync(pathTo(`${base}/${file}`)))).toEqual([])
    const { version } = JSON.parse(read('package.json'))
    const example = readYaml<Kustomization>('deploy/kubernetes/example/kustomization.yaml')
    for (const { images } of [kustomization, example]) expect(images[0]).toMatchObject({ newTag: version })
    expect(kustomization.images[0]?.name).toBe(server.image)
  })

  test('gives the server variables that it knows, and its pods what they are selected by', () => {
    const names = [...Object.keys(config), ...server.env.map(({ name }) => name)]
    expect(unknownVariables(names)).toEqual([])
    expect(server.envFrom).toEqual([{ configMapRef: { name: kustomization.configMapGenerator[0]?.name } }])
    const [labels] = kustomization.labels
    const podLabels = { ...(labels?.includeTemplates ? labels.pairs : {}), ...deployment.spec.template.metadata.labels }
    const budget = readYaml<Selecting>(`${base}/pod-disruption-budget.yaml`).spec.selector.matchLabels
    const service = readYaml<{ spec: { selector: Record<string, string> } }>(`${base}/service.yaml`).spec.selector
    const policy = readYaml<{ spec: { podSelector: { matchLabels: Record<string, string> } } }>(
      `${base}/network-policy.yaml`,
    )
    expect(workers.spec.template.metadata.labels).toEqual(workers.spec.selector?.matchLabels)
    const selectors = [deployment.spec.selector?.matchLabels, budget, service, policy.spec.podSelector.matchLabels]
    for (const selector of selectors) expect(podLabels).toMatchObject(selector ?? { missing: true })
    // The job that migrates must get no requests, and neither must those who listen to none.
    for (const { spec } of [job, workers]) expect(spec.template.metadata.labels).not.toMatchObject(service)
  })

  // No package that the project could install brings a kubectl that knows these kinds of patches.
  if (spawnSync('kubectl', ['version', '--client']).status !== 0) {
    process.stderr.write('kubectl is not installed: the Kubernetes manifests are read, but not built\n')
    return
  }

  test('is what kubectl can build', () => {
    const built = execFileSync('kubectl', ['kustomize', pathTo('deploy/kubernetes/example')], { encoding: 'utf8' })
    const kinds = parseAllDocuments(built).map((document) => String(document.get('kind')))
    expect(kinds.sort()).toEqual([
      ...[
        'ConfigMap',
        'Deployment',
        'Deployment',
        'HorizontalPodAutoscaler',
        'Ingress',
        'Ingress',
        'Job',
        'Namespace',
        'NetworkPolicy',
      ],
      ...['PodDisruptionBudget', 'Service', 'ServiceAccount'],
    ])
    expect(built).not.toContain('chatbot.example.com')
  })
})

describe('the pods', () => {
  test('listen where the settings say, and are asked at paths that exist', () => {
    const ports = Object.fromEntries(
      server.ports?.map(({ name, containerPort }) => [name, String(containerPort)]) ?? [],
    )
    expect(ports).toEqual({ http: config.PORT, metrics: config.METRICS_PORT })
    const probes = [server.startupProbe, server.livenessProbe, server.readinessProbe].map((probe) => probe?.httpGet)
    for (const probe of probes) expect(paths).toContain(probe?.path)
    expect(probes.map((probe) => probe?.port)).toEqual(['http', 'http', 'http'])
    expect(server.livenessProbe?.httpGet.path).toBe('/health/live')
    expect(server.readinessProbe?.httpGet.path).toBe('/health/ready')
  })

  test('of the worker work the jobs that the servers leave, and are asked on the port of the metrics', () => {
    expect(config.RUN_JOBS).toBe('false')
    expect(existsSync(pathTo(worker.command?.at(-1) ?? 'missing'))).toBe(true)
    expect(worker.ports?.map(({ name, containerPort }) => [name, String(containerPort)])).toEqual([
      ['metrics', config.METRICS_PORT],
    ])
    const probes = [worker.startupProbe, worker.livenessProbe, worker.readinessProbe].map((probe) => probe?.httpGet)
    expect(probes.map((probe) => probe?.port)).toEqual(['metrics', 'metrics', 'metrics'])
    const endpoint = read('server/src/platform/telemetry/metrics-endpoint.ts')
    for (const probe of probes) expect(endpoint).toContain(`path === '${probe?.path}'`)
    expect(worker.env).toEqual(server.env)
  })

  test('have the time to end that the settings promise', () => {
    const { terminationGracePeriodSeconds } = workers.spec.template.spec
    expect(terminationGracePeriodSeconds).toBeGreaterThan(Number(config.SHUTDOWN_GRACE) + 5)
    const sleepSeconds = Number(server.lifecycle?.preStop.exec.command.at(-1))
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(sleepSeconds + Number(config.SHUTDOWN_GRACE) + 5)
  })

  test.each([deployment, workers, job].map((workload) => [workload.kind, workload] as const))(
    'of the %s run as nobody in particular and write where the image may',
    (_, { spec }) => {
      const { containers, volumes, securityContext } = spec.template.spec
      // The user `node` of the image.
      expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 })
      const [container] = containers
      expect(container?.securityContext).toMatchObject({
        ...{ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
        capabilities: { drop: ['ALL'] },
      })
      expect(container?.volumeMounts.map(({ mountPath }) => mountPath)).toContain('/data')
      expect(container?.volumeMounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name))
    },
  )

  test('hold no secret but by reference, and only the job the owner of the tables', () => {
    const secret = /KEY|URL|PASSWORD|TOKEN|DSN/
    const all = [...server.env, ...containerOf(job).env]
    for (const { name, value, valueFrom } of all) {
      expect([name, value, valueFrom?.secretKeyRef.key]).toEqual([name, undefined, name])
    }
    expect(Object.keys(config).filter((name) => secret.test(name))).toEqual([])
    expect(server.env.map(({ name }) => name)).not.toContain('DATABASE_OWNER_URL')
    const secrets = Object.values(settings).flatMap((group) =>
      Object.entries<Setting>(group).filter(([, one]) => one.secret),
    )
    const withheld = secrets.map(([name]) => name).filter((name) => !server.env.some((one) => one.name === name))
    expect(withheld).toEqual(['DATABASE_OWNER_URL'])
    expect(containerOf(job).env.map(({ name }) => name)).toContain('DATABASE_OWNER_URL')
  })

  test('do not start without a place for documents that all of them share', () => {
    const required = server.env.filter(({ valueFrom }) => !valueFrom?.secretKeyRef.optional).map(({ name }) => name)
    expect(required).toEqual(['SECRET_KEY', 'DATABASE_URL', 'FILES_URL'])
  })

  test('of the job run a command of this release', () => {
    const [, , script, ...command] = containerOf(job).command ?? []
    expect(existsSync(pathTo(script ?? 'missing'))).toBe(true)
    expect(command).toEqual(['db', 'upgrade'])
  })
})

test('the backup is made by the login that owns the tables, into a volume, and no service leads to it', () => {
  const [claim, cronJob] = parseAllDocuments(read('deploy/kubernetes/example/backup.yaml')).map((one) => one.toJSON())
  const { metadata, spec } = cronJob.spec.jobTemplate.spec.template
  expect(metadata.labels).toEqual({ ...kustomization.labels[0]?.pairs, 'app.kubernetes.io/component': 'backup' })
  const [container] = spec.containers
  expect(container.env).toEqual(containerOf(job).env)
  expect(container.image).toBe(server.image)
  expect(container.command.at(-1)).toMatch(/^node server\/src\/cli\.ts db backup && /)
  expect(container.volumeMounts).toEqual([{ name: 'backups', mountPath: '/data/backups' }])
  expect(spec.volumes[0].persistentVolumeClaim.claimName).toBe(claim.metadata.name)
  expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 })
})

test('Prometheus finds the pods of servers and workers by the names that they have', () => {
  const { scrape_configs: jobs, rule_files: files } = readYaml<{
    rule_files: string[]
    scrape_configs: { job_name: string; relabel_configs: { source_labels: string[]; regex?: string }[] }[]
  }>('deploy/prometheus/kubernetes.yaml')
  expect(files).toEqual(readYaml<{ rule_files: string[] }>('deploy/prometheus/prometheus.yaml').rule_files)
  const [kept] = jobs[0]?.relabel_configs ?? []
  expect(jobs.map(({ job_name: name }) => name)).toEqual(['chatbot'])
  expect(kept?.source_labels.map((label) => label.replace('__meta_kubernetes_pod_', ''))).toEqual([
    'label_app_kubernetes_io_name',
    'container_port_name',
  ])
  const name = kustomization.labels[0]?.pairs['app.kubernetes.io/name']
  for (const { ports } of [server, worker]) expect(ports?.map((port) => `${name};${port.name}`)).toContain(kept?.regex)
})

test('the policy lets in the two ports and out to the database, Redis and the providers, not to a cloud’s metadata', () => {
  const { spec } = readYaml<{ spec: { ingress: object[]; egress: object[] } }>(`${base}/network-policy.yaml`)
  const ports = (rules: object[]) => [...JSON.stringify(rules).matchAll(/"port":"?(\w+)"?/g)].map(([, port]) => port)
  expect(ports(spec.ingress)).toEqual(['http', 'metrics'])
  expect(ports(spec.egress)).toEqual(['53', '53', '5432', '6432', '6379', '80', '443'])
  expect(settings.Security.OUTBOUND_PORTS.schema.parse(undefined)).toBe('80,443')
  expect(JSON.stringify(spec.egress)).toContain('169.254.0.0/16')
})
