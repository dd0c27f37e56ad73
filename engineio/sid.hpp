#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engineio {

// Makes the session ids of one shard: 12 bytes of the CSPRNG and a 3-byte counter in base64url, 20
// characters. The counter of shard k runs k, k + n, k + 2n … for n shards, so an id names its
// shard, and with one shard ids end AAAA, AAAB … as Node's do. Owned by the shard's Engine.
class SidGenerator {
public:
    SidGenerator(unsigned shard, unsigned shard_count);
    std::string next();

private:
    std::uint32_t shard_;
    std::uint32_t shard_count_;
    std::uint32_t counter_;
};

// The shard that made this id; nothing if it has not the form of one.
std::optional<unsigned> shard_of(std::string_view sid, unsigned shard_count);

}  // namespace engineio
