import { boolean, integer, type SettingValues, text } from '@outcry/config';
import { weaknessOf } from '@outcry/service';
import { hookUrlWords, isHookUrl, SECRET_TEXT, URL_TEXT } from '@outcry/webhook';

/** Your server, and how it knows that it is this service that tells it. */
export const DELIVERY_SETTINGS = {
  OUTCRY_EVENTS_URL: text(URL_TEXT, { meaning: 'Your server is told here, by `POST`: docs/EVENTS.md.' }),
  OUTCRY_EVENTS_SECRET: text(SECRET_TEXT, {
    meaning: 'Signs what your server is told (HMAC-SHA256, Standard Webhooks).',
    isSecret: true,
  }),
  OUTCRY_EVENTS_DEADLINE_MS: integer({
    meaning: 'How long your server has for an answer, connecting included.',
    min: 10,
    max: 30_000,
    default: 5000,
  }),
  OUTCRY_EVENTS_PLAIN_HTTP: boolean({
    meaning: 'Lets the URL be `http`, of this host or its private network, whose addresses alone are connected to.',
    default: false,
  }),
} as const;

type Settings = SettingValues<typeof DELIVERY_SETTINGS>;

export interface DeliveryConfig {
  readonly url: string;
  readonly secret: string;
  readonly deadlineMs: number;
}

export function problemsOfDelivery(
  settings: Settings,
  { isProduction }: { readonly isProduction: boolean },
): readonly string[] {
  const { OUTCRY_EVENTS_URL: url, OUTCRY_EVENTS_SECRET: secret, OUTCRY_EVENTS_PLAIN_HTTP: mayBePlain } = settings;
  const weakness = isProduction ? weaknessOf(secret) : undefined;
  return [
    ...(isHookUrl(url, { mayBePlain })
      ? []
      : [`OUTCRY_EVENTS_URL: expected ${hookUrlWords('OUTCRY_EVENTS_PLAIN_HTTP')}`]),
    ...(weakness === undefined ? [] : [`OUTCRY_EVENTS_SECRET: ${weakness}`]),
  ];
}

export function deliveryConfigOf(settings: Settings): DeliveryConfig {
  return {
    url: settings.OUTCRY_EVENTS_URL,
    secret: settings.OUTCRY_EVENTS_SECRET,
    deadlineMs: settings.OUTCRY_EVENTS_DEADLINE_MS,
  };
}
