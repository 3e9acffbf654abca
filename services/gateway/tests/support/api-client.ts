/** An answer of the server API. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ApiRequest {
  readonly method?: string;
  /** The `Authorization` header; `null` for none. */
  readonly authorization?: string | null;
  /** Besides that. */
  readonly headers?: Readonly<Record<string, string>>;
  /** As it is, in place of JSON. */
  readonly text?: string;
}

/** Calls the server API of one gateway. */
export class ApiClient {
  readonly #url: string;
  readonly #key: string;

  constructor(internalUrl: string, key: string) {
    this.#url = internalUrl;
    this.#key = key;
  }

  /** `POST /api/<command>` */
  async call(command: string, params: unknown, request: ApiRequest = {}): Promise<ApiAnswer> {
    const {
      method = 'POST',
      authorization = `Bearer ${this.#key}`,
      text = JSON.stringify(params),
      headers = {},
    } = request;
    const response = await fetch(`${this.#url}/api/${command}`, {
      method,
      headers: authorization === null ? headers : { ...headers, authorization },
      ...(method === 'GET' ? {} : { body: text }),
    });
    const body = (await response.json()) as Readonly<Record<string, unknown>>;
    return { status: response.status, headers: response.headers, body };
  }
}
