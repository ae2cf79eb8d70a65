/** The one worker of the backends that have no threads: shown on workers made for it, which answer, refuse to start, or die. */
import { describe, expect, test, vi } from 'vitest';
import type { Request } from '../src/backend/parcel.js';
import { runReference } from '../src/backend/reference/index.js';
import { Remote, type WorkerEvents } from '../src/backend/remote.js';
import { server } from '../src/backend/serve.js';
import type { MatmulPlan, Plan } from '../src/plan/plan.js';

function plan(a = Float32Array.of(1, 2, 3, 4), out = new Float32Array(4)): MatmulPlan {
  const view = (data: Float32Array) => ({ data, offset: 0, strides: [2, 1] });
  return {
    op: 'matmul',
    batch: [],
    m: 2,
    n: 2,
    k: 2,
    dtype: 'float32',
    outDtype: 'float32',
    a: view(a),
    b: view(a),
    bias: undefined,
    activation: 'none',
    out: view(out),
  };
}

const square = [7, 10, 15, 22];

/** A worker that answers when it is told to, on memory that really was moved. */
class FakeWorker {
  readonly requests: Request[] = [];
  readonly held: boolean[] = [];
  readonly events: WorkerEvents;
  ended = false;
  constructor(events: WorkerEvents) {
    this.events = events;
  }
  post(request: Request, transfer: ArrayBuffer[]): void {
    this.requests.push(structuredClone(request, { transfer }));
  }
  hold(working: boolean): void {
    this.held.push(working);
  }
  end(): void {
    this.ended = true;
  }
  answer(): void {
    const request = this.requests.shift();
    if (request !== undefined) this.events.reply(server({ backend: 'reference' })(request).reply);
  }
}

function remoteOf(runHere: (plan: Plan) => void = runReference): { remote: Remote; workers: FakeWorker[] } {
  const workers: FakeWorker[] = [];
  const start = (_: unknown, events: WorkerEvents) => {
    const worker = new FakeWorker(events);
    workers.push(worker);
    return worker;
  };
  return { remote: new Remote({ backend: 'reference' }, start, runHere), workers };
}

describe('a worker that works', () => {
  test('gets one job at a time, and keeps the process alive only meanwhile', async () => {
    const { remote, workers } = remoteOf();
    const plans = [plan(), plan()];
    const settled = plans.map((it) => remote.run(it, undefined));
    const [worker] = workers;
    expect(worker?.requests).toHaveLength(1);
    expect(remote.runs).toBe('in one worker with a memory of its own, or on the calling thread if none starts');
    worker?.answer();
    await settled[0];
    expect(remote.runs).toBe('in one worker with a memory of its own');
    expect(worker?.held.at(-1)).toBe(true);
    worker?.answer();
    await settled[1];
    expect(plans.map(({ out }) => [...out.data])).toEqual([square, square]);
    expect(worker?.held.at(-1)).toBe(false);
    expect(workers).toHaveLength(1);
  });

  test('gets an input that is given twice once', () => {
    const { remote, workers } = remoteOf();
    void remote.run(plan(), undefined);
    const sent = workers[0]?.requests[0]?.plan as MatmulPlan;
    expect(sent.a.data.buffer).toBe(sent.b.data.buffer);
  });

  test('that is in the middle of an aborted job is ended; the next job gets another, and a late answer goes nowhere', async () => {
    const { remote, workers } = remoteOf();
    const controller = new AbortController();
    const out = new Float32Array(4).fill(-1);
    const aborted = remote.run(plan(Float32Array.of(1, 2, 3, 4), out), controller.signal);
    const behind = plan();
    const next = remote.run(behind, undefined);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(workers.map(({ ended }) => ended)).toEqual([true, false]);
    workers[0]?.answer();
    expect([...out]).toEqual([-1, -1, -1, -1]);
    workers[1]?.answer();
    await next;
    expect([...behind.out.data]).toEqual(square);
  });

  test('that dies is an error of its job alone', async () => {
    const { remote, workers } = remoteOf();
    const first = remote.run(plan(), undefined);
    workers[0]?.answer();
    await first;
    const lost = remote.run(plan(), undefined);
    const cause = new Error('out of memory');
    workers[0]?.events.failed(cause);
    await expect(lost).rejects.toMatchObject({ code: 'ERR_BACKEND', message: 'matmul: its worker ended: out of memory', cause });
    const next = plan();
    const settled = remote.run(next, undefined);
    workers[1]?.answer();
    await settled;
    expect([...next.out.data]).toEqual(square);
    expect(remote.runs).toBe('in one worker with a memory of its own');
  });

  test('hands back the code and the words of what went wrong', async () => {
    const { remote, workers } = remoteOf();
    const failed = remote.run(plan(), undefined);
    workers[0]?.events.reply({ code: 'ERR_OUT_OF_MEMORY', message: 'matmul: no memory' });
    await expect(failed).rejects.toMatchObject({ name: 'FoveaError', code: 'ERR_OUT_OF_MEMORY', message: 'matmul: no memory' });
  });
});

describe('memory that goes away while a call waits (copy: false)', () => {
  const detach = (data: Float32Array<ArrayBuffer>) => structuredClone(data.buffer, { transfer: [data.buffer] });

  test('an input: ERR_SHAPE, and the row goes on', async () => {
    const { remote, workers } = remoteOf();
    const first = remote.run(plan(), undefined);
    const input = Float32Array.of(1, 2, 3, 4);
    const second = remote.run(plan(input), undefined);
    const third = plan();
    const last = remote.run(third, undefined);
    detach(input);
    workers[0]?.answer();
    await first;
    await expect(second).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    workers[0]?.answer();
    await last;
    expect([...third.out.data]).toEqual(square);
  });

  test('the output: ERR_SHAPE', async () => {
    const { remote, workers } = remoteOf();
    const out = new Float32Array(4);
    const lost = remote.run(plan(Float32Array.of(1, 2, 3, 4), out), undefined);
    detach(out);
    workers[0]?.answer();
    await expect(lost).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  });
});

describe('where no worker starts', () => {
  test('it throws: jobs run on the calling thread after a turn of the event loop, and it says so', async () => {
    const runHere = vi.fn(runReference);
    const start = () => {
      throw new Error('there is no Worker here');
    };
    const remote = new Remote({ backend: 'reference' }, start, runHere);
    const here = plan();
    const settled = remote.run(here, undefined);
    expect(runHere).not.toHaveBeenCalled();
    await settled;
    expect([...here.out.data]).toEqual(square);
    expect(remote.runs).toBe('on the calling thread, because no worker starts (there is no Worker here)');
  });

  test('its script cannot be loaded: the job that waited for it runs all the same', async () => {
    const { remote, workers } = remoteOf();
    const here = plan();
    const settled = remote.run(here, undefined);
    workers[0]?.events.failed(new Error('404'));
    await settled;
    expect([...here.out.data]).toEqual(square);
    await remote.run(plan(), undefined);
    expect(workers).toHaveLength(1);
    expect(remote.runs).toContain('because no worker starts (404)');
  });

  test('an abort still holds, before and between', async () => {
    const runHere = vi.fn(runReference);
    const { remote, workers } = remoteOf(runHere);
    const first = remote.run(plan(), undefined);
    workers[0]?.events.failed(new Error('404'));
    const controller = new AbortController();
    const second = remote.run(plan(), controller.signal);
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await first;
    await expect(remote.run(plan(), AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(runHere).toHaveBeenCalledTimes(1);
  });
});
