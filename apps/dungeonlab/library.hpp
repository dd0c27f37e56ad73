#pragma once

#include "apps/dungeonlab/documents.hpp"
#include "apps/dungeonlab/game.hpp"

#include <optional>
#include <string>
#include <vector>

namespace apps::dungeonlab {

/// Documents on the socket. Those of a campaign are read by its members, the others by everybody
/// who is logged in; administrators read all. Who may read a document hears of its changes, after
/// and in the order of their commits: members, the owner and administrators with what is in it now,
/// others only that it has changed. Changing and deleting is for its owner and administrators.
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
    struct Audience {
        std::vector<std::string> rooms;  ///< hear what is in the document
        bool everybody = false;          ///< hears of it
    };
    /// For a document that is deleted to be asked before it is.
    Audience audience_of(DocumentRecord const& document);
    void tell(std::string const& from, Audience const& audience, Json notice,
              DocumentRecord const* document);

    Game& game_;
};

/// Upstream has no service for drawing maps here, which needs a worker of its own.
Json no_map_service();

}  // namespace apps::dungeonlab
