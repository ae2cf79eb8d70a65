/**
 * The words of the comparison: what a case, a contender and a result are. Only types; everything that runs is .mjs, so that
 * `npm run compare` needs no build of its own.
 * @module
 */

interface CaseCommon {
  /** What `--cases` names: op, sizes, options, in plain letters. */
  readonly name: string;
  /** Which roof the row is held against; what is a call, its time is what counts, has none. */
  readonly bound: 'compute' | 'memory' | 'call';
  /** The result is allocated by the call, as users do who pass no `out`; otherwise it is written to memory that is there already. */
  readonly allocates?: boolean;
  /** Of all inputs and of the output; float32 if not said. The numbers are rounded to it for everybody, so that one result is right. */
  readonly dtype?: DType;
  /** In a process that has done nothing before: what the engine learned or how far its memory grew would show. */
  readonly alone?: boolean;
  /** Measured on two threads, too, when nobody says on how many. */
  readonly twoThreads?: boolean;
  /** Left out by `--quick` unless asked for by name. */
  readonly full?: boolean;
  /** A turn of a loop that is JavaScript for the most part: warmed up by more calls, and its garbage left to the engine, as such a loop leaves it. */
  readonly loop?: boolean;
  /** How many times as long as another row one of these may take; nobody is too slow to be asked. One, if not said. */
  readonly patience?: number;
  /** Measured for what another case of ours is held against, or beside one that the others have; they have no row. */
  readonly onlyOurs?: boolean;
}

export type DType = 'float16' | 'bfloat16' | 'int8';

/** `[batch, m, k] · [batch, k, n]`, row-major. */
export interface MatmulCase extends CaseCommon {
  readonly op: 'matmul';
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** b is a model's weights: known beforehand, and kept in this type. */
  readonly weights?: 'bfloat16' | 'int8';
}

export interface SoftmaxCase extends CaseCommon {
  readonly op: 'softmax';
  readonly shape: readonly [number, number];
  readonly axis: 0 | 1;
}

interface AttentionShape extends CaseCommon {
  readonly batch: number;
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly queryLength: number;
  readonly keyLength: number;
  readonly headDim: number;
  readonly valueDim: number;
  readonly causal: boolean;
  /** Keys seen before and after each query's own place; query 0 stands at key keyLength − queryLength. */
  readonly window?: readonly [number, number];
  /** Queries and keys of each batch row; the rest is padding, and its output nobody's. */
  readonly lengths?: readonly number[];
}

export interface AttentionCase extends AttentionShape {
  readonly op: 'attention';
  /**
   * Keys and values lie in a cache of `dtype`, which all but the newest were appended to; a call appends that one and asks. Or they are the
   * states of an encoder, both of them, and were projected beforehand; a call is a step of a decoder.
   */
  readonly through?: 'KVCache' | 'SequenceAttention';
  /** What of a query and a key is softmaxed, if it is no dot product; scaled as scores.mjs says. */
  readonly score?: 'cosine' | 'euclidean' | 'rbf' | 'additive';
  /** How wide an additive score's sums are: queries and keys are projected to it. */
  readonly units?: number;
}

/** The gradients of q, k and v, given that of the output; what the attention itself gave is there already. */
export interface BackwardCase extends AttentionShape {
  readonly op: 'attentionBackward';
}

export type AnyAttention = AttentionCase | BackwardCase;

/** Ops on rows of one width, or on each number by itself. */
export interface RowsCase extends CaseCommon {
  readonly op: 'layerNorm' | 'rmsNorm' | 'rotary' | 'gelu';
  /** `[rows, columns]`; of rotary a row is a position. */
  readonly shape: readonly [number, number];
  /** Of rotary: the heads that the columns are; one, if not said. */
  readonly heads?: number;
}

/** Channels or pixels of images, weighted. */
export interface ImageCase extends CaseCommon {
  readonly op: 'squeezeExcite' | 'spatialAttention';
  /** `[b, h, w, c]` */
  readonly shape: readonly [number, number, number, number];
}

/** The sentences of test/golden/, embedded by the encoder of examples/sentence-search. */
export interface EncoderCase extends CaseCommon {
  readonly op: 'encoder';
  /** Its norms and its embedding are loops of its own, and only its products and its attention are the contender's. */
  readonly norms?: 'plain loops';
}

/** A filter of 3 × 3 over images, padded with zeros so that they keep their size. */
export interface ConvolutionCase extends CaseCommon {
  readonly op: 'convolution';
  /** `[b, h, w, c]` */
  readonly shape: readonly [number, number, number, number];
  /** Of the result. */
  readonly channels: number;
}

/** Loss, gradients and an optimizer's update of a model that translates: a GRU that reads, additive attention, a GRU that writes. */
export interface TranslationCase extends CaseCommon {
  readonly op: 'translationStep';
  readonly batch: number;
  /** Tokens. */
  readonly source: number;
  readonly target: number;
  readonly hidden: number;
  /** How wide a token is. */
  readonly embedding: number;
  /** Tokens that there are, in either language. */
  readonly vocabulary: number;
}

/** The same of a network of convolutions that classifies images; it halves them after the second and the third. */
export interface ConvnetCase extends CaseCommon {
  readonly op: 'convnetStep';
  /** `[b, h, w]`, of one channel. */
  readonly shape: readonly [number, number, number];
  readonly filters: readonly [number, number, number, number];
  readonly classes: number;
}

export type TrainingCase = TranslationCase | ConvnetCase;

export type Case =
  | MatmulCase
  | SoftmaxCase
  | AttentionCase
  | BackwardCase
  | RowsCase
  | ImageCase
  | EncoderCase
  | ConvolutionCase
  | TrainingCase;

/** The same numbers for every contender, row-major: a and b, x and its parameters, q, k and v, or a model's weights and what it learns from; none of the sentences. */
export type Inputs = Readonly<Record<string, Float32Array>>;

/** Whose multiply-add peak bounds a contender's build: an instruction set of the CPU, or what WebAssembly can do. */
export type Roof = 'avx512' | 'avx512-bf16' | 'avx2' | 'sse4' | 'neon' | 'wasm simd' | 'wasm relaxed-simd';

/** One way a contender can be run: a build, a target, an operator. */
export interface Variant {
  readonly name: string;
  /** None where the engine decides what is executed (plain JavaScript). */
  readonly roof?: Roof;
  /** Kinds of case that this way is one of; all, if not said. */
  readonly ops?: readonly Case['op'][];
  /** Not part of `--quick` unless asked for by name. */
  readonly full?: boolean;
  /** What it stands in for: `--quick` leaves it out where the CPU has that. */
  readonly better?: Roof;
}

/** A file of bench/contenders. `open` runs in a child process of the contender's own, once for each row. */
export interface Contender {
  /** What `--only` names. */
  readonly name: string;
  /** Best first, those of other processors left out. */
  readonly variants: readonly Variant[];
  /** Made of this tree, so built before it is measured. */
  readonly ours?: boolean;
  /** Cases that cost more than this (see workOf in counting.mjs) are left out, and the report says so; shorter runs leave out more. */
  readonly most?: number;
  /** The package that it is, of bench/package.json. */
  readonly peer?: string;
  /** Is no package of bench/package.json, but needs some of them. */
  readonly needsPeers?: boolean;
  /** Cannot use more threads than one. */
  readonly oneThread?: boolean;
  /** Why a variant cannot do a case at all, in words that go on "NAME …"; the report lists it. '' where another of its variants can. */
  refuses?(item: Case, variant: string): string | undefined;
  /** Gets ready; throws the reason why this variant cannot be had here. */
  open(variant: string, threads: number): Session | Promise<Session>;
}

export interface Session {
  readonly version: string;
  /** Everything that a user would do once and not at every call. Called for one case only, for each copy of its inputs. */
  prepare(item: Case, inputs: Inputs): Job | Promise<Job>;
}

export interface Job {
  /** One call, as its users make it: what it copies and allocates counts. */
  run(): void | Promise<void>;
  /** What the last call gave, row-major. */
  output(): Float32Array;
  /** What share of a call's time passes outside of the contender's kernels, where that can be told; of further calls, which are not timed. */
  outside?(): number;
  /** The same by our kernels called directly, to be measured with it in turns. */
  readonly direct?: Job;
  /** Gives back what a garbage collector does not; jobs are ended in the order contrary to their making. */
  dispose?(): void | Promise<void>;
}

/** What a child process is told to do. */
export interface Assignment {
  /** URL of the contender's file. */
  readonly contender: string;
  /** URL of the same file of another checkout, to be measured in turns with it. */
  readonly beside?: string;
  readonly variant: string;
  readonly threads: number;
  readonly item: Case;
  readonly pace: Pace;
}

/** How thorough a comparison is. */
export interface Pace {
  /** How long each row is measured, and at least how many runs. */
  readonly budgetMs: number;
  readonly leastRuns: number;
  /** More than caches hold: a memory-bound case goes round copies of its inputs that are this large together. */
  readonly coldBytes: number;
  /** Multiplications and additions that the check of a result may cost: so many rows of it are checked, all of a small one. */
  readonly checkWork: number;
  /** How long a row may take altogether before it is given up. */
  readonly rowLimitMs: number;
}

export interface Times {
  readonly medianMs: number;
  readonly p10Ms: number;
  readonly runs: number;
}

/** The same of another build, measured in turns with it. */
export interface Beside {
  readonly besideMs: number;
  /** Of this build over the other, the median of all turns. */
  readonly ratio: number;
}

/** What a child process answers: times of a right result, or why there are none. */
export type Verdict =
  | ({
      readonly kind: 'measured';
      readonly version: string;
      readonly maxError: number;
      readonly wasmBytes?: number;
      readonly outside?: number;
      readonly direct?: number;
    } & Times &
      Partial<Beside>)
  | { readonly kind: 'failed'; readonly reason: string; readonly maxError?: number }
  /** Nor are there any of the other cases. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** A row of two builds measured in turns. */
export type Pair = { readonly case: string; readonly name: string } & (
  | ({ readonly medianMs: number } & Beside)
  | { readonly failed: string }
);

/** A row of the comparison. Figures that a row does not have are null. */
export interface Result {
  readonly case: string;
  readonly contender: string;
  readonly variant: string;
  readonly threads: number;
  readonly medianMs: number | null;
  readonly p10Ms: number | null;
  readonly runs: number;
  readonly gflops: number | null;
  readonly gbs: number | null;
  /** Of the roof: the best round of the probe right before the row and after it. */
  readonly shareOfPeak: number | null;
  readonly maxError: number | null;
  /** How large the memory of a WebAssembly contender was at the end, in a process that had done nothing before. */
  readonly wasmBytes?: number;
  /** What share of a call's time passes outside of the contender's kernels. */
  readonly outside?: number;
  /** Its speed over that of our kernels called directly, of both in turns within one process. */
  readonly direct?: number;
  readonly failed?: string;
}

/** Rounds of one probe. */
export interface Peak {
  readonly unit: 'GFLOP/s' | 'GB/s';
  readonly best: number;
  readonly median: number;
}

export interface Report {
  readonly environment: {
    readonly date: string;
    readonly cpu: string;
    readonly cores: number;
    /** Those that the probes found; empty without a compiler. */
    readonly isa: readonly string[];
    readonly node: string;
    readonly os: string;
    /** Of this tree, with a mark when files differ from it; null outside a git checkout. */
    readonly commit: string | null;
    /** Of every contender that ran. */
    readonly versions: Readonly<Record<string, string>>;
    /** With what the probes were compiled, or why there are none. */
    readonly probes: string;
    /** What was not measured, and why. */
    readonly notRun: readonly string[];
  };
  /** By name: 'avx512, 1 thread', 'read, 2 threads', 'wasm simd', … */
  readonly peak: Readonly<Record<string, Peak>>;
  /** Contenders that are fovea; the others are what it is compared with. */
  readonly ours: readonly string[];
  readonly results: readonly Result[];
}

/** One contender in one of its variants, as the parent handles it. */
export interface Entry {
  /** `contender/variant`, what `--only` is compared with. */
  readonly name: string;
  /** URL of the contender's file. */
  readonly url: string;
  readonly contender: Contender;
  readonly variant: Variant;
}
