/** What Electron's main process and the engine's process say to each other. */
import type { Answer, DocumentState } from '../../../contract/studio';
import type { Owner } from '../service/recovery';
import type { ServiceRequest } from '../service';

/** The first message. */
export interface EngineBeginning {
  readonly kind: 'begin';
  readonly samples: string;
  readonly recovery: string;
  readonly owner: Owner;
  readonly version: string;
}

/** With a port where the job tells how it goes on, for `startRun`. */
export interface EngineRequest extends Omit<ServiceRequest, 'emit'> {
  readonly kind: 'request';
  readonly id: number;
}

export type ToEngine = EngineBeginning | EngineRequest;

export type FromEngine =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'document'; readonly document: string; readonly state: DocumentState };
