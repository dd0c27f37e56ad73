#pragma once

#include "apps/dungeonlab/documents.hpp"
#include "apps/dungeonlab/game.hpp"

#include <optional>
#include <string>

namespace apps::dungeonlab {

/// Documents on the socket. Everybody who is logged in may read them; changing and deleting is for
/// the owner, the game master of their campaign and administrators.
class Library {
public:
    explicit Library(Game& game) : game_(game) {}

    Task<Json> get(Socket& socket, Json request);
    Task<Json> search(Socket& socket, Json request);
    Task<Json> create(Socket& socket, Json request);
    Task<Json> update(Socket& socket, Json request);
    Task<Json> remove(Socket& socket, Json request);

private:
    /// Why the user may not make such a document.
    std::optional<std::string> objection(User const& user, documents::NewDocument const& document);
    bool may_change(User const& user, DocumentRecord const& document);
    void note(DocumentRecord const& document);
    void tell(Socket& socket, char const* action, std::string const& id,
              std::optional<DocumentRecord> const& document);

    Game& game_;
};

/// Upstream has no service for drawing maps here, which needs a worker of its own.
Json no_map_service();

}  // namespace apps::dungeonlab
