// The section `kubernetes_sd_configs`: roles, selectors and what may stand beside one another.
//
// Source: Prometheus `discovery/kubernetes`; selectors: Kubernetes `apimachinery` `labels.Parse` and `fields.ParseSelector`.

import { isDeepStrictEqual } from 'node:util';

import type { HttpConfig } from './http-config.ts';
import { checkHttp, DEFAULT_HTTP_CONFIG, HTTP_FIELDS } from './http-config.ts';
import { oneOf, refuse, url } from './scalars.ts';
import { boolean, fileName, list, section, text } from './yaml-schema.ts';

const ROLES = ['node', 'pod', 'service', 'endpoints', 'endpointslice', 'ingress'] as const;

type Role = (typeof ROLES)[number];

const role = oneOf<Role>('kubernetes.Role', ROLES, (value) => `unknown Kubernetes SD role ${JSON.stringify(value)}`);

const SELECTORS: Readonly<Record<Role, readonly Role[]>> = {
  node: ['node'],
  pod: ['pod', 'node'],
  service: ['service'],
  endpoints: ['pod', 'service', 'endpoints'],
  endpointslice: ['pod', 'service', 'endpointslice'],
  ingress: ['ingress'],
};

const selector = section('kubernetes.plain', { role, label: text, field: text });

export const kubernetesConfig = section(
  'kubernetes.plain',
  {
    api_server: url,
    role,
    kubeconfig_file: fileName,
    namespaces: section('kubernetes.plain', { own_namespace: boolean, names: list(text) }),
    selectors: list(selector),
    attach_metadata: section('kubernetes.plain', { node: boolean, namespace: boolean }),
    ...HTTP_FIELDS,
  },
  (config) => {
    if (config.role === '') refuse('role missing (one of: pod, service, endpoints, endpointslice, node, ingress)');
    else {
      checkHttp(config);
      checkConnection(config.api_server !== undefined, config.kubeconfig_file !== '', config.namespaces.own_namespace, config);
      checkSelectors(config.role, config.selectors);
    }
  },
);

function checkConnection(hasServer: boolean, hasKubeconfig: boolean, ownNamespace: boolean, http: HttpConfig): void {
  const isCustom = Object.keys(HTTP_FIELDS).some(
    (name) => !isDeepStrictEqual(Reflect.get(http, name), Reflect.get(DEFAULT_HTTP_CONFIG, name)),
  );
  if (hasServer && hasKubeconfig) refuse("cannot use 'kubeconfig_file' and 'api_server' simultaneously");
  if (hasKubeconfig && isCustom) refuse("cannot use a custom HTTP client configuration together with 'kubeconfig_file'");
  if (!hasServer && isCustom) refuse("to use custom HTTP client configuration please provide the 'api_server' URL explicitly");
  if (hasServer && ownNamespace) refuse("cannot use 'api_server' and 'namespaces.own_namespace' simultaneously");
  if (hasKubeconfig && ownNamespace) refuse("cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously");
}

interface Selector {
  readonly role: Role | '';
  readonly label: string;
  readonly field: string;
}

function checkSelectors(of: Role, selectors: readonly Selector[]): void {
  const seen = new Set<string>();
  const allowed: readonly string[] = SELECTORS[of];
  for (const each of selectors) {
    if (seen.has(each.role)) refuse(`duplicated selector role: ${each.role}`);
    seen.add(each.role);
    if (!allowed.includes(each.role)) refuse(`${of} role supports only ${allowed.join(', ')} selectors`);
    checkFieldSelector(each.field);
    checkLabelSelector(each.label);
  }
}

function checkFieldSelector(selectors: string): void {
  for (const term of selectors.split(/(?<!\\),/)) {
    if (term !== '' && !/^(?:[^\\=!]|\\.)*(?:!=|==|=)/.test(term)) refuse(`invalid selector: '${selectors}'; can't understand '${term}'`);
  }
}

const KEY = String.raw`(?:[a-zA-Z0-9.-]+\/)?[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?`;
const VALUE = '[a-zA-Z0-9._-]*';
const REQUIREMENT = new RegExp(
  String.raw`^\s*(?:!\s*${KEY}|${KEY}(?:\s*(?:==?|!=)\s*${VALUE}|\s*[<>]\s*[0-9]+|\s+(?:in|notin)\s*\([\sa-zA-Z0-9._,-]*\))?)\s*$`,
);

function checkLabelSelector(selectors: string): void {
  if (selectors.trim() === '') return;
  for (const requirement of selectors.split(/,(?![^(]*\))/)) {
    if (!REQUIREMENT.test(requirement))
      refuse(`unable to parse requirement: ${JSON.stringify(requirement.trim())} in label selector '${selectors}'`);
  }
}
