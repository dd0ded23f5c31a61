import { sessions } from './sessions';
import { answering } from './thread';

answering(sessions);
