/** What the scripted model says in the pictures, by a word of the question. */
export const answers: Record<string, string> = {
  gears: `Two gears mesh, so their teeth pass the contact point at the same rate. The **ratio** of the teeth is the ratio of the speeds, turned round:

$$
\\frac{\\omega_2}{\\omega_1} = \\frac{z_1}{z_2}
$$

| | Driver | Driven |
|---|---:|---:|
| Teeth | 12 | 36 |
| Speed | 300 rpm | 100 rpm |
| Torque | 2 N·m | 6 N·m |

A small function, if you want to try other pairs:

\`\`\`ts
/** Speed of the driven gear in rpm. */
function drivenSpeed(rpm: number, driver: number, driven: number): number {
  return rpm * (driver / driven)
}

console.log(drivenSpeed(300, 12, 36)) // 100
\`\`\`

What is lost in speed is won in torque; friction takes a little of both.`,
  compost: `Most of it can go in. Leave out what rots badly or draws rats:

- cooked food, meat and dairy
- citrus peel in large amounts
- glossy paper

Turn the heap every two weeks, and keep it as damp as a wrung-out sponge.`,
  refund: `You can return them within **30 days**, unworn and with the label on [1]. Print the slip from *Orders → Return*, put it into the parcel and bring it to any parcel shop [2]. The money is back on your card three to five days after the parcel has reached us [1].`,
  subjunctive: `Use it after a wish, a doubt or a feeling about somebody else:

1. *Espero que **vengas*** – I hope you come
2. *Dudo que **sea** verdad* – I doubt it is true
3. *Me alegro de que **estés** aquí* – I am glad you are here

After something you know, the indicative stays: *Sé que **vienes***.`,
}

export const otherAnswer =
  'Gladly. Tell me a little more about what you have in mind, and I will start with a short draft.'
