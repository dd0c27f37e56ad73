#include "apps/dungeonlab/library.hpp"

#include "apps/dungeonlab/campaigns.hpp"
#include "socketio/json_codec.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace apps::dungeonlab {

namespace {

constexpr std::array<std::string_view, 4> types = {"item", "character", "actor", "vtt-document"};

bool is_too_large(Json const& json) {
    return json.dump().size() > documents::max_data_bytes;
}

Json with_data(Json data) {
    auto answer = success();
    answer.set("data", std::move(data));
    return answer;
}

Json notice_of(char const* action, User const& user, std::string const& id) {
    return Json::object({{"action", action}, {"documentId", id}, {"userId", user.id}});
}

auto find_job(std::string id) {
    return
        [id = std::move(id)](store::Database& database) { return documents::find(database, id); };
}

}  // namespace

Json no_map_service() {
    return failure("No map generation service is connected");
}

Task<Json> Library::get(Socket& socket, Json request) {
    User const user = Game::user(socket);
    auto const work = find_job(text_of(request["id"]).value_or(""));
    auto const document = co_await game_.store().ask(work);
    co_return document&& game_.may_see(user, *document) ? with_data(socketio::to_json(*document))
                                                        : failure("Document not found");
}

Task<Json> Library::search(Socket& socket, Json request) {
    User const user = Game::user(socket);
    documents::Search wanted;
    if (!read_value(request.is_null() ? Json::object() : request, wanted)) {
        auto answer = failure("Invalid search");
        answer.set("data", Json::array());
        co_return answer;
    }
    auto const work = [wanted, viewer = Game::viewer(user)](store::Database& database) {
        return documents::search(database, wanted, viewer);
    };
    auto const found = co_await game_.store().ask(work);
    co_return with_data(socketio::to_json(found));
}

// Who owns a character in a campaign may join its sessions, so only its game master lets new
// people in.
std::optional<std::string> Library::objection(User const& user,
                                              documents::NewDocument const& document) {
    if (!documents::is_name(document.name) ||
        std::find(types.begin(), types.end(), document.documentType) == types.end()) {
        return "Invalid document";
    }
    auto const owner = document.ownerId.value_or(user.id);
    if (!document.campaignId) {
        return owner == user.id || user.is_admin ? std::nullopt
                                                 : std::optional<std::string>("Permission denied");
    }
    bool const leads = game_.leads_campaign(user, *document.campaignId);
    bool const plays =
        game_.directory([&](Directory& d) { return d.is_player(user.id, *document.campaignId); });
    return leads || (plays && owner == user.id) ? std::nullopt
                                                : std::optional<std::string>("Permission denied");
}

Task<Json> Library::create(Socket& socket, Json request) {
    documents::NewDocument wanted;
    User const user = Game::user(socket);
    if (!read_value(request, wanted) || is_too_large(request)) {
        co_return failure("Invalid document");
    }
    if (auto const why = objection(user, wanted)) {
        co_return failure(*why);
    }
    auto const work = [wanted, user, now = game_.now()](store::Database& database) {
        return documents::add(database, wanted, user.id, now);
    };
    auto const announce = [this, from = socket.id(), user](auto const& made) {
        if (made) {
            note(*made);
            tell(from, audience_of(*made), notice_of("created", user, made->id), &*made);
        }
    };
    std::optional<documents::Outcome<DocumentRecord>> added;
    try {
        added = co_await game_.store().ask(work, announce);
    } catch (store::StoreError const& error) {
        if (error.kind != store::StoreError::Kind::conflict) {
            throw;
        }
    }
    if (!added) {
        co_return failure("Invalid document");  // an owner or campaign that does not exist
    }
    auto const& made = *added;
    co_return made ? with_data(socketio::to_json(*made)) : failure(made.error().message);
}

Task<Json> Library::update(Socket& socket, Json request) {
    auto const id = text_of(request["id"]).value_or("");
    User const user = Game::user(socket);
    if (!request["data"].is_object() || is_too_large(request)) {
        co_return failure("Invalid document");
    }
    auto const find = find_job(id);
    auto const present = co_await game_.store().ask(find);
    if (!present) {
        co_return failure("Document not found");
    }
    if (!may_change(user, *present)) {
        co_return failure("Permission denied");
    }
    auto const work = [id, data = request["data"], now = game_.now()](store::Database& database) {
        return documents::change(database, id, data, now);
    };
    auto const announce = [this, from = socket.id(), user, id](auto const& changed) {
        if (changed) {
            note(*changed);
            tell(from, audience_of(*changed), notice_of("updated", user, id), &*changed);
        }
    };
    auto const changed = co_await game_.store().ask(work, announce);
    co_return changed ? with_data(socketio::to_json(*changed)) : failure(changed.error().message);
}

Task<Json> Library::remove(Socket& socket, Json request) {
    auto const id = text_of(request["id"]).value_or("");
    User const user = Game::user(socket);
    auto const find = find_job(id);
    auto const present = co_await game_.store().ask(find);
    if (!present) {
        co_return failure("Document not found");
    }
    if (!may_change(user, *present)) {
        co_return failure("Permission denied");
    }
    auto const work = [id](store::Database& database) { return documents::remove(database, id); };
    auto const announce = [this, from = socket.id(), user, gone = *present](bool removed) {
        if (!removed) {
            return;
        }
        auto const audience = audience_of(gone);  // its owner may be no member without it
        game_.directory([&](Directory& d) { d.remove_document(gone.id); });
        tell(from, audience, notice_of("deleted", user, gone.id), nullptr);
        game_.recheck(gone.ownerId);  // who has no other character leaves the table
    };
    bool const removed = co_await game_.store().ask(work, announce);
    co_return removed ? success() : failure("Document not found");
}

bool Library::may_change(User const& user, DocumentRecord const& document) {
    return user.is_admin || document.ownerId == user.id;
}

void Library::note(DocumentRecord const& document) {
    if (document.documentType == "character" && document.campaignId) {
        game_.directory([&](Directory& d) {
            d.put_character(document.id, {document.name, *document.campaignId, document.ownerId});
        });
    }
}

Library::Audience Library::audience_of(DocumentRecord const& document) {
    if (document.campaignId) {
        return {game_.audience_of(*document.campaignId), false};
    }
    return {{admins_room(), user_room(document.ownerId)}, true};
}

// A document may have a quarter of a megabyte, and whoever changes one does it with a few bytes:
// people who have not asked for it are not sent that much.
void Library::tell(std::string const& from, Audience const& audience, Json notice,
                   DocumentRecord const* document) {
    auto const others = game_.nsp().except(from);
    if (audience.everybody) {
        others.except(audience.rooms).emit("document:changed", notice);
    }
    if (document != nullptr) {
        notice.set("document", socketio::to_json(*document));
    }
    others.to(audience.rooms).emit("document:changed", notice);
}

}  // namespace apps::dungeonlab
