/** `09:12`, or with its date where it is another day, in the time zone of this process. */
export const timeText = (at: number, now: number): string => {
  const [day, time] = localText(at);
  return day === localText(now)[0] ? time : `${day} ${time}`;
};

const localText = (at: number): readonly [string, string] => {
  const when = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return [
    `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`,
    `${two(when.getHours())}:${two(when.getMinutes())}`,
  ];
};
