export { Endpoint, type EndpointOptions, type EndpointRequest, wasClosedBeneath } from './endpoint.ts';
export { FailureKind, HookFailure } from './hook-failure.ts';
export { hookUrlWords, isHookUrl, SECRET_TEXT, URL_TEXT } from './hook-url.ts';
export { signRequest, type SignedParts } from './sign-request.ts';
