// The action of apps.py, as Astro's documentation writes it. An action of Astro's takes either JSON or a form, so there
// are two. The messages are pydantic's, so that both servers answer the same.

import { defineAction } from "astro:actions";
import { z } from "astro/zod";

const Post = z.object({
  title: z
    .string()
    .min(3, "String should have at least 3 characters")
    .max(100, "String should have at most 100 characters"),
  content: z.string().min(1, "String should have at least 1 character"),
  rating: z
    .int("Input should be a valid integer")
    .min(1, "Input should be greater than or equal to 1")
    .max(5, "Input should be less than or equal to 5"),
  published: z.boolean("Input should be a valid boolean, unable to interpret input").default(false),
});

function save({ title, rating, published }: z.infer<typeof Post>) {
  return { id: 7, title, rating, published };
}

export const server = {
  createPost: defineAction({ input: Post, handler: save }),
  createPostForm: defineAction({ accept: "form", input: Post, handler: save }),
};
