# The simulated board's `machine.ADC`: the volts that "adc" of simulation.json or sim.volts() say.
import sim_world

_MICROVOLTS = const(3300000)
_TEMPERATURE = const(0.706)  # V: 27 degrees, at the sensor of an RP2040

lines = {}  # id -> [[ms, microvolts], …]


def line(which):
    id = getattr(which, "id", which)
    found = lines.get(id)
    if found is None:
        volts = sim_world.script().get("adc", {}).get(str(id), _TEMPERATURE if which == 4 else 0)
        found = lines[id] = []
        for ms, each in volts if isinstance(volts, list) else ((0, volts),):
            found.append([ms, microvolts(each)])
    return found


def microvolts(volts):
    return min(max(int(volts * 1000000), 0), _MICROVOLTS)


class ADC:
    CORE_TEMP = 4
    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3

    def __init__(self, id, *, sample_ns=0, atten=3):
        self.id = getattr(id, "id", id)
        self._line = line(id)

    def init(self, *, sample_ns=0, atten=3):
        pass

    def atten(self, atten):
        pass

    def read_uv(self):
        return sim_world.at(self._line, sim_world.now(), 0)

    def read_u16(self):
        return self.read_uv() // 4 * 65535 // (_MICROVOLTS // 4)

    def __repr__(self):
        return "ADC(%s)" % self.id
