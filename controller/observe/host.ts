import { cpu, mem, osInfo } from 'systeminformation';
import { sizeText } from '../model/size-text.ts';

/**
 * The machine in one line, for a person. Some of these calls start programs and block for tens of
 * milliseconds, so it is nothing for a pass.
 */
export const describeHost = async (): Promise<string> => {
  const [os, processor, memory] = await Promise.all([osInfo(), cpu(), mem()]);
  return `${os.distro} ${os.release}, kernel ${os.kernel}, ${processor.cores} cores, ${sizeText(memory.total)} of memory`;
};
