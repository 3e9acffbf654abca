import { findApiServer, findEtcd, findKubectl } from './kubernetes.ts';
import { IS_LONG } from './scale.ts';
import { findPythonTool, findTool } from './tools.ts';

/** Has every tool there before the first test: one that has to be built takes minutes, which no test has. */
export default async function prepare(): Promise<void> {
  await findTool('helm');
  await findTool('kustomize');
  await findPythonTool('kubernetes-validate');
  await findPythonTool('checkov');
  if (!IS_LONG) return;
  await findEtcd();
  await findKubectl();
  await findApiServer();
}
