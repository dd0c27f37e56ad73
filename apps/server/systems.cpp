// The systems of this program. A new one is a file that makes its SystemKind, and a line here.

#include "apps/server/systems.hpp"

namespace apps::server {

std::vector<SystemKind> const& system_kinds() {
    static std::vector<SystemKind> const kinds = {
        dungeonlab_system(), eliza_system(), casys_system(), fuse_system(), kaiku_system(),
    };
    return kinds;
}

}  // namespace apps::server
