/** Every command by its ID. One module loads all of them, because together they are a few small files. */
import type { CommandTable } from '../cli/program.ts';
import chatJoin from './chat/join.ts';
import chat from './chat.ts';
import ci from './ci.ts';
import completion from './completion.ts';
import connect from './connect.ts';
import demo from './demo.ts';
import doctor from './doctor.ts';
import expose from './expose.ts';
import list from './list.ts';
import logout from './logout.ts';
import logs from './logs.ts';
import sandbox from './sandbox.ts';
import status from './status.ts';
import stop from './stop.ts';
import whois from './whois.ts';

export const COMMANDS: CommandTable = {
  chat,
  'chat:join': chatJoin,
  ci,
  completion,
  connect,
  demo,
  doctor,
  expose,
  list,
  logout,
  logs,
  sandbox,
  status,
  stop,
  whois,
};
