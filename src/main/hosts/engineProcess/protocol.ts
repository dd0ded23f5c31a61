/** What a host's process and the engine's process say to each other. */
import type { Answer, DocumentState, JobNotice } from '../../../contract/studio';
import type { Owner } from '../service/recovery';
import type { ServiceRequest } from '../service';

/** The first message. */
export interface EngineBeginning {
  readonly kind: 'begin';
  readonly samples: string;
  readonly recovery: string;
  /** Folder whose files go with the host. */
  readonly passing?: string;
  readonly owner: Owner;
  readonly version: string;
}

/** What starts a job may come with a port where it tells how it goes on; without one it is told as `job`. */
export interface EngineRequest extends Omit<ServiceRequest, 'emit'> {
  readonly kind: 'request';
  readonly id: number;
}

export type ToEngine = EngineBeginning | EngineRequest;

export type FromEngine =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  /** Of the job that the request `id` started. */
  | { readonly kind: 'job'; readonly id: number; readonly notice: JobNotice }
  | { readonly kind: 'document'; readonly document: string; readonly state: DocumentState };
