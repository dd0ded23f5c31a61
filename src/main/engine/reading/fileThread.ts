import { files } from './files';
import { answering } from './thread';

answering(files);
