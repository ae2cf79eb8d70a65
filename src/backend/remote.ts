/**
 * Runs plans in one worker thread, for the backends that have no threads of their own (wasm, reference). One job at a time, the others
 * wait here; results are written on the caller's thread, so an abort settles at once and nothing is written after it.
 * @module
 */
import { abortedError, asError, FoveaError } from '../errors.js';
import type { Plan } from '../plan/plan.js';
import type { Data } from '../plan/tensors.js';
import { pack, type Reply, type Request } from './parcel.js';
import { nameOf, outOfMemory } from './status.js';

/** What a worker needs to make its own backend. */
export type WorkerSetup =
  | { readonly backend: 'wasm'; readonly module: WebAssembly.Module; readonly isShared: boolean }
  | { readonly backend: 'reference' };

export interface WorkerEvents {
  reply(reply: Reply): void;
  /** The worker ended, or never began. */
  failed(error: Error): void;
}

/** A worker of either kind (worker-thread.ts, web-worker.ts). */
export interface WorkerHandle {
  post(request: Request, transfer: ArrayBuffer[]): void;
  /** Whether it keeps the process alive. */
  hold(working: boolean): void;
  end(): void;
}

export type StartWorker = (setup: WorkerSetup, events: WorkerEvents) => WorkerHandle;

interface Job {
  readonly plan: Plan;
  finish(error?: Error): void;
}

export class Remote {
  readonly #start: () => WorkerHandle;
  readonly #runHere: (plan: Plan) => void;
  readonly #waiting: Job[] = [];
  #current: Job | undefined;
  #worker: WorkerHandle | undefined;
  /** Takes home what the current job wrote. */
  #unpack: (written: readonly Data[]) => void = () => {};
  /** A worker has answered once: one that ends later is an accident, not a place without workers. */
  #proven = false;
  #failure: Error | undefined;

  /** @param runHere what is left where no worker can be started: the calling thread, a turn of the event loop later */
  constructor(setup: WorkerSetup, start: StartWorker, runHere: (plan: Plan) => void) {
    this.#runHere = runHere;
    this.#start = () => {
      const worker = start(setup, {
        reply: (reply) => this.#replied(worker, reply),
        failed: (error) => this.#failed(worker, error),
      });
      return worker;
    };
  }

  /** For `backend()`: 'in one worker …', or why not. */
  get runs(): string {
    if (this.#failure !== undefined) return `on the calling thread, because no worker starts (${this.#failure.message})`;
    return `in one worker with a memory of its own${this.#proven ? '' : ', or on the calling thread if none starts'}`;
  }

  run(plan: Plan, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw abortedError(nameOf(plan), signal);
      const abort = (): void => {
        if (signal !== undefined) this.#abort(job, abortedError(nameOf(plan), signal));
      };
      const job: Job = {
        plan,
        finish(error) {
          signal?.removeEventListener('abort', abort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(job);
      this.#next();
    });
  }

  /** Sends the next job, or lets the process end when there is none. */
  #next(): void {
    if (this.#current !== undefined) return;
    const job = this.#waiting.shift();
    this.#current = job;
    if (job === undefined) {
      this.#worker?.hold(false);
      return;
    }
    const worker = this.#ready();
    if (worker === undefined) setTimeout(() => this.#finishHere(job), 0);
    else this.#send(worker, job);
  }

  #ready(): WorkerHandle | undefined {
    if (this.#failure !== undefined) return undefined;
    try {
      this.#worker ??= this.#start();
      this.#worker.hold(true);
    } catch (error) {
      this.#failure = asError(error);
    }
    return this.#worker;
  }

  #send(worker: WorkerHandle, job: Job): void {
    try {
      const { request, transfer, unpack } = pack(job.plan);
      this.#unpack = unpack;
      worker.post(request, transfer);
    } catch (error) {
      this.#settle(error instanceof FoveaError ? error : outOfMemory(job.plan, 'no memory for the copies that go to the worker', error));
    }
  }

  #replied(worker: WorkerHandle, reply: Reply): void {
    if (worker !== this.#worker || this.#current === undefined) return;
    this.#proven = true;
    if ('code' in reply) {
      this.#settle(new FoveaError(reply.code, reply.message));
      return;
    }
    try {
      this.#unpack(reply.written);
      this.#settle();
    } catch (error) {
      this.#settle(asError(error));
    }
  }

  #failed(worker: WorkerHandle, error: Error): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    const job = this.#current;
    if (!this.#proven) {
      this.#failure = error;
      if (job !== undefined) setTimeout(() => this.#finishHere(job), 0);
    } else if (job !== undefined) {
      this.#settle(new FoveaError('ERR_BACKEND', `${nameOf(job.plan)}: its worker ended: ${error.message}`, { cause: error }));
    }
  }

  #finishHere(job: Job): void {
    if (job !== this.#current) return;
    try {
      this.#runHere(job.plan);
      this.#settle();
    } catch (error) {
      this.#settle(asError(error));
    }
  }

  /** A job that waits is taken out of the row; for one that runs, its worker is ended and the next job gets a new one. */
  #abort(job: Job, error: FoveaError): void {
    if (job === this.#current) {
      this.#worker?.end();
      this.#worker = undefined;
      this.#settle(error);
    } else {
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      job.finish(error);
    }
  }

  #settle(error?: Error): void {
    const job = this.#current;
    this.#current = undefined;
    this.#unpack = () => {};
    job?.finish(error);
    this.#next();
  }
}
