/** Lays out graphs off the main thread. */
import { answerLayout, type LayoutRequest } from '../logic/layoutRequests';

self.onmessage = ({ data }: MessageEvent<LayoutRequest>) => self.postMessage(answerLayout(data));
