// Written by "flask actions client": the actions of this application, for TypeScript.
// A whole number is a bigint where a bound of its field says that it may be beyond 2 ** 53.

declare module "*{{ prefix }}/client.js" {
  export type ErrorCode = {{ codes }};

  /** What went wrong; status 0 where no answer came. */
  export class ActionError extends Error {
    readonly type: string;
    readonly code: ErrorCode;
    readonly status: number;
    /** The id under which the log has the cause. */
    readonly reference?: string;
  }

  export interface Issue {
    path: (string | number)[];
    code: string;
    message: string;
  }

  /** What is wrong with the input. */
  export class ActionInputError<Field extends string = string> extends ActionError {
    readonly issues: Issue[];
    /** Messages by dotted path. */
    readonly fields: { readonly [Name in Field]?: string[] };
  }

  export function isActionError(value: unknown): value is ActionError;
  export function isInputError<Failure extends ActionError | undefined>(
    value: Failure,
  ): value is Extract<Failure, ActionInputError<any>>;
  export function isInputError(value: unknown): value is ActionInputError;

  // Not all of the element: it takes any name, so that no wrong one would be found.
  type FormElement = Pick<HTMLFormElement, "elements" | "requestSubmit" | "reset">;
  export type Form = FormData | FormElement | URLSearchParams;

  export interface Options {
    signal?: AbortSignal;
    headers?: HeadersInit;
    /** Milliseconds. */
    timeout?: number;
    keepalive?: boolean;
    /** The button that a form element is sent by. */
    submitter?: HTMLElement | null;
    /** How much of an upload is sent, from 0 to 1. */
    onProgress?: (share: number) => void;
    /** Go where the action redirects to. */
    follow?: boolean;
  }

  export type Result<Data, Field extends string = string> =
    | { data: Data; error?: undefined; redirect?: string }
    | { data?: undefined; error: ActionError | ActionInputError<Field>; redirect?: string };

  interface Told {
    input?: unknown;
    data: unknown;
    field: string;
  }
  type Given<One extends Told> = undefined extends One["input"]
    ? [input?: One["input"], options?: Options]
    : [input: One["input"], options?: Options];

  export interface Action<One extends Told> {
    (...given: Given<One>): Promise<Result<One["data"], One["field"]>>;
    /** The data; an error is thrown. */
    orThrow(...given: Given<One>): Promise<One["data"]>;
    /** For fetch and forms: where the action is. */
    readonly url: string;
    /** For forms: the same action at the page's own address. */
    readonly queryString: string;
    toString(): string;
    toJSON(): string;
  }

  /** An action by its name. */
  export function call(name: string, input?: unknown, options?: Options): Promise<Result<unknown>>;
  export function parse(text: string): unknown;
  export function stringify(value: unknown): string;

  {{ actions }}
}
