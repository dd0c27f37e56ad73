#include "apps/dungeonlab/identity.hpp"

#include "apps/common/clipped.hpp"
#include "apps/common/uuid.hpp"

namespace apps::dungeonlab {

namespace {

constexpr std::size_t max_id_bytes = 64;
constexpr std::size_t max_name_bytes = 128;

}  // namespace

User demo_identity(socketio::Handshake const& handshake) {
    User user;
    user.id = common::clipped(handshake.auth("userId").value_or(""), max_id_bytes);
    user.name = common::clipped(handshake.auth("userName").value_or(""), max_name_bytes);
    if (user.id.empty()) {
        user.id = "guest-" + common::random_uuid();
    }
    if (user.name.empty()) {
        user.name = "Guest";
    }
    return user;
}

}  // namespace apps::dungeonlab
