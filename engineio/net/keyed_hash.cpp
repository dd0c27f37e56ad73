#include "engineio/net/keyed_hash.hpp"

#include "engineio/net/text.hpp"

#include <bit>
#include <cstring>

namespace engineio::net {

namespace {

constexpr std::size_t block_bytes = 8;

struct SipState {
    std::uint64_t v0, v1, v2, v3;

    explicit SipState(SipKey const& key)
        : v0(key.low ^ 0x736f6d6570736575ull), v1(key.high ^ 0x646f72616e646f6dull),
          v2(key.low ^ 0x6c7967656e657261ull), v3(key.high ^ 0x7465646279746573ull) {}

    void mix(int rounds) {
        for (; rounds > 0; --rounds) {
            v0 += v1;
            v2 += v3;
            v1 = std::rotl(v1, 13) ^ v0;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 = std::rotl(v0, 32) + v3;
            v2 += v1;
            v1 = std::rotl(v1, 17) ^ v2;
            v3 = std::rotl(v3, 21) ^ v0;
            v2 = std::rotl(v2, 32);
        }
    }
    void take(std::uint64_t block, int rounds) {
        v3 ^= block;
        mix(rounds);
        v0 ^= block;
    }
};

// Numbers are little-endian, as everywhere here.
std::uint64_t load(char const* bytes, std::size_t count = block_bytes) {
    std::uint64_t block = 0;
    std::memcpy(&block, bytes, count);
    return block;
}

// Inlined with constants, the rounds are no loops.
inline std::uint64_t hash(SipKey const& key, std::string_view bytes, int block_rounds,
                          int end_rounds) {
    SipState state(key);
    auto const length = static_cast<std::uint64_t>(bytes.size());
    for (; bytes.size() >= block_bytes; bytes.remove_prefix(block_bytes)) {
        state.take(load(bytes.data()), block_rounds);
    }
    state.take((length << 56) | (bytes.empty() ? 0 : load(bytes.data(), bytes.size())),
               block_rounds);
    state.v2 ^= 0xff;
    state.mix(end_rounds);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

SipKey draw_key() {
    SipKey key;
    random_fill(&key, sizeof key);
    return key;
}

}  // namespace

std::uint64_t sip_hash(SipKey const& key, std::string_view bytes, int block_rounds,
                       int end_rounds) {
    return hash(key, bytes, block_rounds, end_rounds);
}

std::size_t KeyedHash::operator()(std::string_view text) const {
    static SipKey const key = draw_key();
    return hash(key, text, 1, 3);
}

}  // namespace engineio::net
