export { publishable, type PublishableOptions } from './publishable.ts';
export { foreignDependencies } from './manifest.ts';
