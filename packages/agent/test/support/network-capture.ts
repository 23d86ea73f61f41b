import { gunzipSync } from 'node:zlib';

/**
 * A network namespace of Linux 6.18 with all that can be had in it (veth, bridge, tun, tap, ifb; labels, peers, prefixes,
 * scopes; interfaces that are up, down, without addresses), and what qemu-ga 10.0.13 answered there.
 */
export interface NetworkCapture {
  /** Messages of the kernel's two lists: type, and body in hexadecimal. */
  readonly links: readonly (readonly [type: number, body: string])[];
  readonly addresses: readonly (readonly [type: number, body: string])[];
  readonly 'proc/net/dev': string;
  readonly 'proc/net/route': string;
  readonly 'proc/net/ipv6_route': string;
  /** Whole replies, as the C agent sent them. */
  readonly interfaces: string;
  readonly routes: string;
}

/** JSON, compressed: the messages are mostly zeros. */
const COMPRESSED =
  'H4sIAAAAAAACA+1cS5ObuBb+KxTLqW7P0QMB2k3NrdyaRTZTmbqLuGsKgzTjSrftwnSSqST//ZaQsEGAwW6w6R5Id2zx0PnOQ0efHvQ3' +
  '93G9+bR3+cePiN25oA4KBBDoryFA8T0/fAAgACxmMi8HAJAAiECdBQCventeRtUyJaU6g1yePpAuE1y6X5VJtYxWVllY9yfWdVmVhwMA' +
  'KeUBPw4t+ZFVltVyAfdwfQUgAylz26hyXK2fWvpgKOHxADCy8Fn6YmnpV7YvA6DUKntVe2O/VI4sf5bP4/rpOAZAPszHxA5GTVt87UcM' +
  'gFc6TivxF+tYZoJJH/ke89RvfhqhCCCI9f1B0BLP5TZ66hNayl0HuvC53tXrVnvIqz3xEPUtMnkVHZMGotrGRV7yGASIqfYdirIcSat+' +
  'oLaMDntKc0QAslKvOQKVXUOFyEP5M0Y7L6imxS7/MRDRJXYtcHTaG3X4HS6LnwCEIOzy56HFNYVOB/066kN984dnYskcWD0nBghwCkCE' +
  '7kwpCsB9uDvyD1SKQYxsA2r+gX3dTbbxD3we/0hi8A79Ky71qYZ/lPvzKfKPSvkV8A+JoxUJSUh8WeEfsnTM/GPmH7fiH2EMCKnySser' +
  'yjcsZJT5LI/uIFZdhn4etdSLUMt53HKeNHYYuYByflJy46CaD5PCGyafEfCP93vV9pn/Fknds/yoroUWD1tVuoDj+ajhPDPXyvgTqz8R' +
  'VllW80PeN6EAYosP4tJzSLbkI1W28r3iOeV8l+eTcjmw7g+t/BVZ+TyqUCvTH6BjOS7Fkion1f4oj7dyOS7hiXV/wmhDfEjlGubV4jeP' +
  'V0Zq51XcUFKPd9zAK2Od9wmteE/jo1bZzu9lPhMeeTuTfrU5TIG3j3wMy9uhztsDzdsJsF68/ZA3LuTtxzC/LW9v8/PM2yfG201cUJWE' +
  'kcX7CIDPmOdTFhBU7R9q/J118He4Mn/HE5s/xB38HVv8HVn9JXoZf09wguOVEBQnsg9/r3EhK4YDVj1Do6bZyPkYmr8f/OJX/fBq7N/C' +
  '3/MmgQ0fQce8U8kbXikbT32+8ZXwFtQy3+hjw1tobsmZt8y8ZVq8hfbkLTDzltfMWxALiRfRBK0C1mve0YpZm8fY/aTNY+ZjpHlHv+qP' +
  'wg+vxv4v5S1k5i3X5C0+sNXMW2becm3eouQTGugQ8AAYyls6ZQHzfMwEQyxh3ml+I4WUxRpAaHdgoeE31PeYILV5e0mNhfquq16b30x9' +
  'XRUsfoMsfgPD8Jt5nXTifOW1Hy18hQSGr5h+VOcRs6aFS1yl1C7AWk8CK67BWq+r2E/q6z4wxkLGmPQkYwz5xKcwrzOdzXsq/VyJ9zDQ' +
  'vGdFo6vwnnl/2Mx7zpqvKWyE2/gMQz7U+czZ+8TO5TNo5jNDztd4LE4YxjSECPWar5mPmf9Mkf/ggfjPvL/mKrwnjAM8z/fMvGdyvKdY' +
  'p7dX5w3vycdEuM57cAn3ELyn0s/P7+fVeQ+8jPcEGMtQBoEQLJl5z8x7psZ7DvvYTX+q887MT0bnJ1TzEy+O/lX8ZJ6XmSo/ebhzoyRJ' +
  'xX4v8r8igOHOBawauBSVt+zU6Egam5m3WA7lpr8qEBwVyLVm1d5PHcVbrMWnYktaPoYT8rElHx/YU8wkifzqansfHL7B4Z+Fg1g4yMV2' +
  'MG8FFJ9H+ShPtOVdNTmWyHwz8g/lqPx2JYkYOs8OPhSr5WfgQBaOokyLspSNb30OgYfW8IBlFyjbpXEXWA8czNPyi88jDvMil4UjilEF' +
  'x6H8UhymnbDG9lLHEevUkRzeOivKL8Vh2gnz++GAyLwTfPSL5uTCxkEiX83BDIYH2uIEW3Giy3EdD0Fn4DDtlzW1Y9Qar9iKV9zpH3Rp' +
  'nEAbDmzh0OUue3ThCA2OsGYPbUuvhoNYOPQc9aldDn380oYjCir5Xb+52M35+vZnNr5c39VRxhEHRDHIpMivBQ4pgpMcoVVfafSVVRzF' +
  'q4FHuVTpnxRssE1uAuptESml0G+MtOZrZPI16tCfNOE4xiUybFgmAM1/16bkB9R5Hz7XTgH0wIe6eWSrXGHkiovlFn9jgZirxbyzP6Zc' +
  'rP5PVkGL3q3tgiVGbjKIXGT/vlxu0OXfJn7ebufYyI275LLz5Kp31gnQa8o1o5rTcldG7uoyO5v2i86Oq95yaV+5vfI8i4zcqI9cmdTk' +
  'WvkVUbWrXeVXvbO9Nb8Wu1lx3/z6cOfu0m3880ZkPyfis8vd3zaZSO+/O47zu4jF+rNwzjy+O86HNNrsn9bZcuPIKBbO99U/mdiri7so' +
  '/iSyvSPSdO8k6XbnyLXcOjKNnoQTb592+UAzcZ6eH7N1HO2zzkfj7ePj3omjNF2LtFTFcqMeetxyAwvKn9Z/h4uVr+Cc82i5ilz2KoUb' +
  'yf4ssr9RLhsFHtPnETtXtofMow47U7bRu2cFDbL7wrZtnj1vbmVzJ4t2N5O9lqsbyXZL+SPdPmdCZRDV5pfZf8Q+W2+ibL3dLLP/Rpn4' +
  'Ev3jLLN3j9Ff+2X2u5C/brJl9sdeLLP3IkvX8TJ7H+0/LbNl9v7DH8vsf+tNsv2yzH77/cMH57JjucnDcZkV+c/6hpYZ5D8UhzRkPg69' +
  'yh36xxnisKH80gYlL77Lj2ERXAhFHVeAosfXNhSvBOXdu5GtorKHkU86jTIikqqDCM6xhCVXkUKwZ2FBGu2gUH4yMH61TIKvahLbKgh+' +
  '+bXLQ2OGbTnvrXef2Z9F8usaEjgBOF3zBw70ukdzxeJO5FQvqTOOo/vj5aazOjYSLHw2rPIy0Giwelurkfs7dCRYtAuWPay/DqzT1moY' +
  '9V8HFj4HFpqItbrGsjdKEB1D3Rtbq3Xm7rbWwle3Fu0Dy2utjoDTx9Ed94ROYIEgNVikDoudgjWctWiLE3H+Y3rwx+1y0zF7fpOQR9OE' +
  '1YdBwECwismsxixfc2LXUsywCaL0JTieKfbI9IM1Ag2Exj6xDKvLiWYCd0KwyvPKt4fVTANvBuvk6s6NYHUt/owGi5wDq7Y2dCNrdS0t' +
  'TAfWdZxI+8DCU7NWxzrNjUK+a3n+FtZSxEZ2VReMQ2y803zrVrDIa+Rb7p27ViuEao5/73L329JNRfacbpYudz5+W7qb6Emo70v3cbt0' +
  '75ylu97dH3aQFncdz91n/+zMA+vdZ2o/oq8g7C9gAQukL+9SIddf1aXgx51zeXXEro7g0/Wx5vo4rwFDOPjxoE7tsyhb77N1nN/7belm' +
  'X+/NUqY6Aeqe7Ou9WtU8lNOv9/myZ/mEWvHciaR8yq4mtarJ7GqyajU/1Lm/ozT5EqWiqhEAr/4sXW2Zo3tXKQznX1gEC1R3L6YX+UMl' +
  'QM69mk/gNbtEYh6tOAnzH5/LBpfojHa2U05aUXUeXPUeXHUfXPUftl0Z7WVX1mVXtezby7SIddnWQ+w86yaY53ryXEeulGyy7qAh35jR' +
  'ukK+rTofLxBrqhDhyyoM8QIWeOH75ybJ0wrjodp4AsBxQ+Zll9UHHDjifKDaEMeccMo9zrjPYaBa1ViGJ6uAc8RzvEPXq0xg/g1UNeew' +
  '8JTjmzrIC/vaBV6QBbUrDNmF9SnyM3CleXCiVjddqvuh2oGcozO8GrVwNWzhatzC1cDlwgyPOlO8h/pl+M4EX/QV/TM8YjzXk+c6cqWk' +
  'neHzHQADJnjSmI/ZGyeGaieUVrq5Co/xOOEMc0x5CDxC9SrUhqZTVQSYY8lDyYNAddgsqVfxuOVfBx9/4Ia+8OGlLJpHw/LoZlLx8GJm' +
  'CXyX7YaEipqgnrZoj0asoaIhgeIBh566Nlyv7UytH364d26+66RxGC7zbXYq3ahqn/QGO5c793k5FTLeZIfm/0VvtSuKn0W6V7v2XO7Q' +
  'XId8Q5/NgZPS/j4d7XkTKRJomh3r/0vv/mu47XkvDnc9Zc/H72onYPV2be42vWA0tdA4emHPWxS/b1O7Zr95V9QMHVvaKH7Dnjeu546E' +
  'pEk9MmJYNrmOVFXzTqqmlg1e5j2vV2CaAA6HUNBDZEjv/dSuG4Mr++56CaWYiBhFO3qiM9hvn9MCYTGQP2qMzdzSQWdkKZlf3oiv2d/b' +
  'XbWSnppbQ91E7HX3/igK0+BAX9qnsXXJssIA6uHh1WvTK2TXU2sEr+Xj/0ow3lZFOrSKlamtum6MvmL3FRNtk9Bu8DZ3nPB7k86rzDu+' +
  'TRUbZwJv3DWMpuTb9SDmHE/Cd3Qs9Yb2HbGVqwZJaUYCI+rTgDAaVFUlnaoWVYbna+y1a0xb3VnYokVlDKHPGO32KgJMB4jaYoNFs4bs' +
  'Eg0n1B5Rm3L5osXbTDWjqNY7LO25QTxoULYrBhe6LKCU+ZSCjzxGEfMQ7uFFa+QbDKzjCD38EGriVzTYnai+lRXif4G+9WXxN690x0D5' +
  'jWnbuEdlalqT8YbUow3JJunt9j0+b151a9vM1PSlr27OYbpexpP1MhlnsNC6eevN+Pv0OLB1e/KN52m8wdWVcGJseEXNhg/kMTR7O4Pe' +
  'hx/uj/8DhheJhsadAAA=';

export function networkCapture(): NetworkCapture {
  return JSON.parse(gunzipSync(Buffer.from(COMPRESSED, 'base64')).toString()) as NetworkCapture;
}
